"""`assay serve FOLDER`: a hub in one process: routes, pages, and the children that judge what is pushed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.hub.node import Node
    from assay.worker.loop import Loop

NAME = "serve"
_DAY = 86_400
SUMMARY = "run a hub: Hugging Face clients push to it and pull from it, pages show five axes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", metavar="FOLDER", help="where the hub lives; made if it is not there")
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="address to listen on (127.0.0.1)")
    parser.add_argument(
        "--port", type=int, default=8000, metavar="PORT", help="port to listen on (8000; 0: a free one)"
    )
    parser.add_argument("--public-url", metavar="URL", help="how clients reach it (http://ADDRESS:PORT)")
    parser.add_argument("--examples", action="store_true", help="push example models first, below the name examples")


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop."""
    from pathlib import Path  # noqa: PLC0415
    from threading import Thread  # noqa: PLC0415

    from assay.errors import UsageError  # noqa: PLC0415

    if not 0 <= args.port < 65_536:
        raise UsageError(f"there is no port {args.port}")
    from assay.hub.accounts.invitations import first_administrator_link  # noqa: PLC0415  # brings in the database
    from assay.hub.config import load_config  # noqa: PLC0415
    from assay.hub.example_content import add_examples  # noqa: PLC0415
    from assay.hub.logs import set_up_logs  # noqa: PLC0415
    from assay.hub.memory import share_memory_between_threads  # noqa: PLC0415
    from assay.hub.node import open_node  # noqa: PLC0415
    from assay.hub.server import listen, serve  # noqa: PLC0415

    share_memory_between_threads()
    set_up_logs()
    waiting = listen(args.host, args.port)
    config = load_config(Path(args.folder), host=args.host, port=waiting.getsockname()[1], public_url=args.public_url)
    node = open_node(config)
    # What uploads that died left behind is swept away beside the first requests.
    Thread(target=node.blobs.clean, kwargs={"before": node.now() - _DAY}, daemon=True).start()
    if args.examples:
        add_examples(node)
    link = first_administrator_link(node)

    def say() -> None:
        print(f"hub       {config.public_url}", flush=True)
        if link is not None:
            print(f"first     {link}  makes the first administrator; it works once", flush=True)

    judging = judging_loop(node)
    judging.start()
    try:
        serve(node, waiting, on_ready=say)
    finally:
        judging.stop()
        node.close()
    return 0


def judging_loop(node: Node) -> Loop:
    """Return what judges the pushes of a hub in children of this process, not started yet."""
    from assay.isolate.parent import ChildLimits  # noqa: PLC0415
    from assay.worker.executor import LocalExecutor  # noqa: PLC0415
    from assay.worker.judge import Judge  # noqa: PLC0415
    from assay.worker.loop import Loop  # noqa: PLC0415

    executor = LocalExecutor(ChildLimits(require_isolation=node.config.require_isolation))
    judge = Judge(node.database, node.contents, node.key, executor)
    return Loop(judge, workers=node.config.workers, wanted=node.wanted)
