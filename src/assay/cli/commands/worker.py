"""`assay worker FOLDER`: judges what was pushed to a hub; with --evaluate, runs what its members ask each other for."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from pathlib import Path

NAME = "worker"
SUMMARY = "judge what was pushed to a hub; with --evaluate, run evaluations for the members of one"

_POLL = 30.0
"""Seconds between two looks for something to run."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "folder", metavar="FOLDER", nargs="?", help="the hub's folder, as given to assay serve; or, with --evaluate, "
        "where runs, models and what is to be revealed are kept",
    )  # fmt: skip
    parser.add_argument("--until-idle", action="store_true", help="end when nothing is left to do")
    share = parser.add_argument_group("sharing compute")
    share.add_argument("--evaluate", action="store_true", help="run evaluations instead, by leases of a hub")
    share.add_argument("--hub", metavar="URL", help="address of the hub; HF_ENDPOINT where it is not given")
    share.add_argument("--token", help="of a member, with the scope write; HF_TOKEN where it is not given")
    share.add_argument("--operator", default="", metavar="NAME", help="organisation that answers for this runner")
    share.add_argument("--engine", default="auto", choices=("auto", "numpy", "transformers", "onnx"))
    share.add_argument("--threads", type=int, default=1, help="threads of a run (1)")
    share.add_argument("--disk", type=int, default=20, metavar="GIB", help="most space for models (20)")


def run(args: argparse.Namespace) -> int:
    """Work until told to stop, or until nothing is left."""
    from assay.errors import UsageError  # noqa: PLC0415

    if args.evaluate:
        return _evaluate(args, os.environ)
    if args.folder is None:
        raise UsageError("no folder is named", hint="Name the hub's folder, or use --evaluate with --hub.")
    if args.hub or args.token or args.operator:
        raise UsageError("--hub, --token and --operator are for --evaluate", hint="Add --evaluate.")
    return _judge(args)


def _judge(args: argparse.Namespace) -> int:
    from dataclasses import replace  # noqa: PLC0415

    from assay.cli.commands.serve import judging_loop  # noqa: PLC0415
    from assay.cli.output import counted  # noqa: PLC0415
    from assay.hub.config import load_config  # noqa: PLC0415
    from assay.hub.logs import set_up_logs  # noqa: PLC0415
    from assay.hub.node import open_node  # noqa: PLC0415

    config = load_config(Path(args.folder), must_exist=True)
    node = open_node(replace(config, workers=max(1, config.workers)))
    judging = judging_loop(node)
    if args.until_idle:
        print(f"judged  {counted(judging.run_until_idle(), 'revision')}")
        node.close()
        return 0
    set_up_logs()
    judging.start()
    _until_told()(None)
    judging.stop()
    node.close()
    return 0


def _evaluate(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from assay.cli.output import counted  # noqa: PLC0415
    from assay.errors import UsageError  # noqa: PLC0415
    from assay.evals.environment import environment  # noqa: PLC0415
    from assay.hub.logs import set_up_logs  # noqa: PLC0415
    from assay.isolate.evaluating_model import Confined  # noqa: PLC0415
    from assay.statements.keys import default_key_path, load_or_create_key  # noqa: PLC0415
    from assay.worker.pool_client import PoolClient  # noqa: PLC0415
    from assay.worker.pool_runner import PoolRunner  # noqa: PLC0415

    hub, token = args.hub or environ.get("HF_ENDPOINT"), args.token or environ.get("HF_TOKEN")
    if not hub or not token:
        raise UsageError("which hub, and as whom?", hint="Give --hub URL and --token, or set HF_ENDPOINT and HF_TOKEN.")
    if args.threads < 1 or args.disk < 1:
        raise UsageError("--threads and --disk are whole numbers above 0")
    client, key = PoolClient(hub, token), load_or_create_key(default_key_path(environ))
    client.register(key, str(environment()["cpu"]), args.operator)
    runner = PoolRunner(
        client,
        key,
        _state(args.folder, environ),
        confined=Confined(engine=args.engine, threads=args.threads),
        disk=args.disk * 1024**3,
    )
    if args.until_idle:
        print(f"ran  {counted(runner.run_until_idle(), 'evaluation')}")
        return 0
    set_up_logs()
    runner.run(_until_told(), _POLL)
    return 0


def _until_told() -> Callable[[float | None], bool]:
    """Return what waits for so many seconds, or for ever, and says whether the process was told to stop."""
    import signal  # noqa: PLC0415
    import threading  # noqa: PLC0415

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop.wait


def _state(folder: str | None, environ: Mapping[str, str]) -> Path:
    """Return the runner's folder: the one that is named, or one below the user's state (XDG Base Directory 0.8)."""
    if folder is not None:
        return Path(folder)
    given = environ.get("XDG_STATE_HOME", "")
    base = Path(given) if given.startswith("/") else Path.home() / ".local" / "state"
    return base / "assay" / "runner"
