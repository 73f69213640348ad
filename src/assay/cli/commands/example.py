"""`assay example NAME FOLDER`: a small model folder to try things on, made on the spot."""

from __future__ import annotations

import argparse

NAME = "example"
SUMMARY = "make a small model folder to try things on; without a name, list them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="which example")
    parser.add_argument("folder", nargs="?", metavar="FOLDER", help="where to write it (./NAME)")


def run(args: argparse.Namespace) -> int:
    """Write the example, or list all."""
    from pathlib import Path  # noqa: PLC0415

    from assay.examples import build, examples  # noqa: PLC0415

    if args.name is None:
        for name, example in examples().items():
            print(f"{name:24} {example.ABOUT}")
        return 0
    folder = Path(args.folder or args.name)
    build(args.name, folder)
    print(f"made  {folder}\nnext  assay scan {folder}")
    return 0
