"""`assay worker FOLDER`: judges what was pushed to a hub, beside its server or on another machine."""

from __future__ import annotations

import argparse

NAME = "worker"
SUMMARY = "judge what was pushed to a hub, in a process of its own"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", metavar="FOLDER", help="the hub's folder, as given to assay serve")
    parser.add_argument("--until-idle", action="store_true", help="end when nothing is left to judge")


def run(args: argparse.Namespace) -> int:
    """Judge until told to stop, or until nothing is left."""
    import signal  # noqa: PLC0415
    import threading  # noqa: PLC0415
    from dataclasses import replace  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

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
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    judging.start()
    stop.wait()
    judging.stop()
    node.close()
    return 0
