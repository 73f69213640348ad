"""`assay demo`: the whole idea on one screen after another, with nothing faked: each step runs the command it shows."""

from __future__ import annotations

import argparse
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "demo"
SUMMARY = "the story in three minutes: judge, repair, evaluate, sign, carry, verify, decide; one Enter per step"

MODEL = "llama2-finetune-mit"

_FLIP = (
    "python3 -c \"from pathlib import Path; file = Path('model.assay'); data = bytearray(file.read_bytes()); "
    'data[100_000] ^= 1; file.write_bytes(data)"'
)


class Step(NamedTuple):
    """One screen: what is going on, and the commands that do it."""

    title: str
    why: str
    commands: tuple[str, ...]
    exits: int = 0
    """What the last command must exit with; anything else ends the demo."""
    folder: str = "publisher"
    """Who does it: each side has a folder and a key of its own."""
    offline: bool = False
    """Whether the command runs in a process that can open no socket, start no process and write nothing."""


STORY = (
    Step(
        "A model turns up",
        "Its card says MIT. It was made from Llama 2, and its weights are a pickle.",
        (f"assay example {MODEL}",),
    ),
    Step(
        "Is it safe, open, portable, evaluated, and whose is it?",
        "Nothing in it is executed to find out: it is read in a child process without network.",
        (f"assay scan {MODEL}",),
        exits=1,
    ),
    Step(
        "Why is it not safe?",
        "The rule, and the very call that the pickle would make.",
        (f"assay explain SEC101 --trace {MODEL}",),
    ),
    Step(
        "Repair",
        "A licence is for a person to decide: here the publisher corrects the card. The rest is mechanical:\n"
        "tensors move into safetensors, proved one by one and signed; the call stays behind.",
        (f"sed -i.bak 's/^license: mit/license: llama2/' {MODEL}/README.md", f"rm {MODEL}/README.md.bak",
         f"assay fix {MODEL}"),
    ),
    Step(
        "Judge again",
        "It cannot hurt any more, and it says what it is. Open stays open to question, and says why.",
        (f"assay scan {MODEL}.fixed",),
    ),
    Step(
        "What can it do?",
        "A small benchmark is really run, in plain numpy; the result is bound to the digests of model and benchmark.",
        (f"assay eval next-letter {MODEL}.fixed",),
    ),
    Step(
        "Sign",
        "What was found becomes a statement, and so does who publishes it. The evidence lies beside the files.",
        (f"assay attest {MODEL}.fixed", f"assay attest {MODEL}.fixed --claim publishes", "assay key -o publisher.pem"),
    ),
    Step(
        "Pack",
        "Files, statements and keys in one file, for places that no network reaches.",
        (f"assay bundle {MODEL}.fixed -o model.assay",),
    ),
    Step(
        "Carry it elsewhere, and verify without a network",
        "Another machine, another key. The publisher's key came by another way, and is pinned.",
        ("cp ../publisher/model.assay ../publisher/publisher.pem .", "assay unbundle model.assay model"),
        folder="adopter",
    ),
    Step(
        "Does every bit hold?",
        "This runs in a process that can open no socket.",
        ("assay verify model --key publisher.pem",),
        folder="adopter",
        offline=True,
    ),
    Step(
        "May we use it? One policy admits it …",
        "The default policy asks that it is safe to load and honest about its terms.",
        ("assay verify model --key publisher.pem --policy default",),
        folder="adopter",
        offline=True,
    ),
    Step(
        "… and another refuses it, and says what would change that",
        "A business asks for more: no cap on users, no forbidden uses.",
        ("assay verify model --key publisher.pem --policy commercial",),
        exits=1,
        folder="adopter",
        offline=True,
    ),
    Step(
        "Flip one bit",
        "Anywhere in the bundle: in the weights, in a statement, in the padding.",
        (_FLIP, "assay verify model.assay"),
        exits=1,
        folder="adopter",
    ),
)  # fmt: skip

HUBS = (
    Step(
        "Two hubs",
        "Publisher and adopter each run one. The stock client pushes; the hub judges and signs within seconds.",
        (f"hf upload publisher/alphabet {MODEL}.fixed", "assay scan publisher/alphabet"),
    ),
    Step(
        "From hub to hub",
        "Files, statements and their signers go into one file.",
        ("assay bundle publisher/alphabet --hub hub -o alphabet.assay",),
    ),
    Step(
        "Into the other hub",
        "Every bit is checked again. What others said stays theirs: it is shown as foreign.",
        ("cp ../publisher/alphabet.assay .", "assay unbundle alphabet.assay adopter/alphabet --hub hub",
         "hf download adopter/alphabet --local-dir pulled", "assay scan pulled"),
        folder="adopter",
    ),
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--hubs", action="store_true", help="go on with two hubs, the stock client and a bundle between"
    )
    parser.add_argument("--yes", action="store_true", help="do not wait for Enter")
    parser.add_argument("--folder", metavar="FOLDER", help="where to work; a new folder, kept afterwards")


def run(args: argparse.Namespace) -> int:
    """Tell the story; exit 2 when a step does not do what it should."""
    import sys  # noqa: PLC0415
    import tempfile  # noqa: PLC0415
    import time  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    from assay.errors import UsageError  # noqa: PLC0415

    folder = Path(args.folder) if args.folder else Path(tempfile.mkdtemp(prefix="assay-demo-"))
    for side in ("publisher", "adopter"):
        (folder / side).mkdir(parents=True, exist_ok=True)
        if any((folder / side).iterdir()):
            raise UsageError(f"{folder / side} is not empty", hint="Name a new folder.")
    started = time.monotonic()
    wait = not args.yes and sys.stdin.isatty()
    story = (*STORY, *HUBS) if args.hubs else STORY
    with ExitStack() as hubs:
        for number, step in enumerate(story, 1):
            if step is HUBS[0]:
                for side in ("publisher", "adopter"):
                    hubs.enter_context(_hub_of(side, folder / side))
            _headline(f"{number}/{len(story)}  {step.title}", step.why, folder / step.folder)
            _play(step, folder)
            if wait and number < len(story):
                input("\n  Enter for the next step … ")
    print(f"\nThat was Assay: {time.monotonic() - started:.0f} s. Everything made is in {folder}")
    print("Now your own: assay scan PATH")
    return 0


def _headline(title: str, why: str, folder: Path) -> None:
    import sys  # noqa: PLC0415

    bold, plain = ("\x1b[1m", "\x1b[0m") if sys.stdout.isatty() else ("", "")
    print(f"\n{'─' * 80}\n{bold}{title}{plain}\n{why}\n\n  in {folder}", flush=True)


def _play(step: Step, folder: Path) -> None:
    """Show each command, run it, say how long it took.

    Raises:
        UsageError: it did not exit as the story has it.
    """
    import time  # noqa: PLC0415

    from assay.errors import UsageError  # noqa: PLC0415

    for number, command in enumerate(step.commands, 1):
        print(f"  $ {command}\n", flush=True)
        started = time.monotonic()
        code = _run(command, step, folder)
        print(f"\n  ({time.monotonic() - started:.1f} s, exit {code})", flush=True)
        expected = step.exits if number == len(step.commands) else 0
        if code != expected:
            raise UsageError(f"the demo stops: {command!r} exited with {code} instead of {expected}")


def _run(command: str, step: Step, folder: Path) -> int:
    import os  # noqa: PLC0415
    import shlex  # noqa: PLC0415
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    here = folder / step.folder
    words = shlex.split(command)
    if words[0] == "assay":
        start = ["-c", _OFFLINE, str(folder)] if step.offline else ["-m", "assay"]
        words = [sys.executable, *start, *words[1:]]
    elif words[0] == "python3":
        words[0] = sys.executable
    elif words[0] == "hf":
        words[0] = str(Path(sys.executable).with_name("hf"))
    environment = {**os.environ, "ASSAY_KEY": str(here / "key.pem"), "COLUMNS": "80", **_client_settings(here)}
    return subprocess.run(words, cwd=here, env=environment, check=False).returncode  # noqa: S603  # words from above


@contextmanager
def _hub_of(side: str, folder: Path) -> Iterator[None]:
    """Run a hub in `folder/hub` with an account for `side`, whose token lies beside it, as long as the block runs."""
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    from assay.hub.accounts.people import add_person  # noqa: PLC0415
    from assay.hub.accounts.roles import Role  # noqa: PLC0415
    from assay.hub.accounts.tokens import create_token  # noqa: PLC0415
    from assay.hub.config import load_config  # noqa: PLC0415
    from assay.hub.node import open_node  # noqa: PLC0415

    node = open_node(load_config(folder / "hub"))
    with node.database.write() as connection:
        user = add_person(connection, side, now=node.now())
        token = create_token(connection, user, "demo", Role.WRITE, now=node.now())
    node.close()
    command = [sys.executable, "-m", "assay", "serve", str(folder / "hub"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        (folder / "client").write_text(f"{url} {token}")
        try:
            yield
        finally:
            process.terminate()


def _client_settings(folder: Path) -> dict[str, str]:
    """Return what points the Hugging Face client at the hub of this side, once it has one."""
    kept = folder / "client"
    if not kept.exists():
        return {}
    url, token = kept.read_text().split()
    quiet = {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    return {"HF_ENDPOINT": url, "HF_TOKEN": token, "HF_HOME": str(folder / "cache"), **quiet}


_OFFLINE = """
import sys
from pathlib import Path
from assay.cli.main import __file__ as here, main
from assay.isolate import sandbox

folder, *arguments = sys.argv[1:]
readable = [folder, sys.prefix, sys.base_prefix, Path(here).parents[2], "/usr", "/lib", "/lib64", "/etc"]
print(f"  [this process is {sandbox.enter(map(Path, readable))}]\\n")
raise SystemExit(main(arguments))
"""
