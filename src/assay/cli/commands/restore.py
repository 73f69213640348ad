"""`assay restore FILE FOLDER`: a hub from its backup, every content checked against its digest."""

from __future__ import annotations

import argparse

NAME = "restore"
SUMMARY = "bring back a hub from a backup, checking every content"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE", help="a file made by assay backup")
    parser.add_argument("folder", metavar="FOLDER", help="the new hub's folder; must be empty or absent")


def run(args: argparse.Namespace) -> int:
    """Restore the hub and say how to start it."""
    from pathlib import Path  # noqa: PLC0415

    from assay.store.backup import restore  # noqa: PLC0415

    count = restore(Path(args.file), Path(args.folder))
    print(f"restored  {count:,} files to {args.folder}")
    print(f"start it  assay serve {args.folder}")
    return 0
