"""`assay backup FOLDER FILE`: a copy of a hub of one machine, while it runs."""

from __future__ import annotations

import argparse

NAME = "backup"
SUMMARY = "copy a hub (database and contents) into one file, while it runs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", metavar="FOLDER", help="the hub's folder, as given to assay serve")
    parser.add_argument("file", metavar="FILE", help="where to write the backup; must not exist")


def run(args: argparse.Namespace) -> int:
    """Write the backup and say how large it is."""
    from pathlib import Path  # noqa: PLC0415

    from assay.reports.story import size_text  # noqa: PLC0415
    from assay.store.backup import back_up  # noqa: PLC0415

    size = back_up(Path(args.folder), Path(args.file))
    print(f"backed up  {args.folder} to {args.file} ({size_text(size)})")
    print(f"keep it safe: it holds the signing key. To use it: assay restore {args.file} NEW_FOLDER")
    return 0
