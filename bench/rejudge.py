"""How long a hub takes to judge all that it hosts again, when its rules have changed.

    python bench/rejudge.py [--quick]

A hub of its own on SQLite with 10,000 repos of seven small files, each assessed and signed under other rules; then the
contents of all files are overwritten with nothing, so that whoever reads a byte fails. Measured: wall time from the
start of two `assay worker` processes until the last new statement is signed, logged and listed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

from sqlalchemy import func, select, update

import assay.assess
from assay.assess import assess, reassess
from assay.assessment import Assessment
from assay.hub.config import load_config
from assay.hub.node import open_node
from assay.store import attempts
from assay.store.git.commits import Write, commit
from assay.store.git.objects import Signature
from assay.store.repos import RepoType, create_repo
from assay.store.tables import attempt, git_object, log_leaf
from assay.worker.judge import Judge
from assay.worker.loop import Loop

TARGET = 60.0
AT_ONCE = 250
WORKERS = 2
"""Processes that judge, one for each core of the machine that the figures are of."""
KINDS = 40
"""Ways in which the repos differ from one another, beside their names."""


class Here:
    """Judges in this process: only to have something stored before the clock runs."""

    def assess(self, source, known, packs):
        """Read and judge."""
        return assess(source, known=known, packs=packs)

    def reassess(self, remembered, packs):
        """Judge by what is stored."""
        return [Assessment(reassess(one, packs)) for one in remembered]

    def rest(self):
        """Hold nothing."""

    abort = rest


def contents(number: int) -> dict[str, bytes]:
    """Return the files of one repo."""
    kind = number % KINDS
    header = json.dumps({"w": {"dtype": "F32", "shape": [kind + 1], "data_offsets": [0, 4 * kind + 4]}}).encode()
    config = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 64 + kind}
    card = f"---\nlicense: apache-2.0\ntags: [from-scratch]\n---\n# Model {number}\n\nA tiny model.\n"
    return {
        "README.md": card.encode(),
        "config.json": json.dumps(config).encode(),
        "generation_config.json": b'{"eos_token_id": 2}',
        "tokenizer_config.json": json.dumps({"model_max_length": 2048, "padding_side": "left"}).encode(),
        "model.safetensors": len(header).to_bytes(8, "little") + header + bytes(4 * kind + 4),
        "train.py": f"import torch\n\n\ndef main() -> None:\n    print(torch.__version__, {kind})\n".encode(),
        ".gitattributes": b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n",
    }


def fill(node, count: int) -> None:
    """Make the repos, each with one commit on its main branch."""
    for first in range(0, count, AT_ONCE):
        with node.database.write() as connection:
            for number in range(first, min(count, first + AT_ONCE)):
                repo = create_repo(connection, RepoType.MODEL, "org", f"model-{number}", private=False, now=1)
                changes = {path: Write(data) for path, data in contents(number).items()}
                author = Signature("ann", "", 1000 + number)
                commit(connection, repo.id, "refs/heads/main", None, changes, author=author, message="made")


def judged(node) -> int:
    """Return how many attempts of the present version are done."""
    with node.database.read() as connection:
        done = (attempt.c.state == "done", attempt.c.key.like(f"%-{attempts.version(connection)}"))
        return connection.execute(select(func.count()).select_from(attempt).where(*done)).scalar_one()


def first_time(node, count: int) -> None:
    """Judge everything under other rules."""
    other = "0" * 16
    with (
        mock.patch.object(attempts, "version", return_value=f"{other}-{other}"),
        mock.patch.object(assay.assess, "rules_digest", return_value="ab" * 32),
    ):
        loop = Loop(Judge(node.database, node.contents, node.key, Here()), workers=0)
        while True:
            with node.database.write() as connection:
                if not attempts.want_missing(connection, count, now=time.time()):
                    return
            loop.run_until_idle()


def again(node, folder: Path, count: int) -> float:
    """Judge everything under the present rules; return the seconds it took, the start of the workers included."""
    command = [sys.executable, "-m", "assay", "worker", str(folder)]
    started = time.perf_counter()
    workers = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(WORKERS)]
    try:
        while judged(node) < count:
            time.sleep(0.5)
        return time.perf_counter() - started
    finally:
        for one in workers:
            one.terminate()
        for one in workers:
            one.wait()


def main() -> int:
    """Measure, print one JSON line, return 1 when the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="40 repos, no target judged")
    quick = parser.parse_args().quick
    count = 40 if quick else 10_000
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        node = open_node(load_config(Path(name)))
        started = time.perf_counter()
        fill(node, count)
        first_time(node, count)
        print(f"{count:,} repos filled and judged in {time.perf_counter() - started:.0f} s", file=sys.stderr)
        with node.database.write() as connection:
            connection.execute(update(git_object).where(git_object.c.kind == "blob").values(data=b""))
        took = again(node, Path(name), count)
        with node.database.read() as connection:
            leaves = connection.execute(select(func.count()).select_from(log_leaf)).scalar_one()
        node.close()
    if leaves != 2 * count:
        raise SystemExit(f"{leaves:,} statements were signed, not {2 * count:,}")
    figure = {"name": f"judge {count:,} revisions again", "value": round(took, 2), "unit": "s"}
    met = None if quick else took <= TARGET
    print(json.dumps({"bench": "rejudge", "figures": [{**figure, "target": f"<= {TARGET:.0f}", "met": met}]}))
    return int(met is False)


if __name__ == "__main__":
    raise SystemExit(main())
