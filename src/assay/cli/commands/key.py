"""`assay key`: print the public half of your key, so that others can pin it."""

from __future__ import annotations

import argparse

NAME = "key"
SUMMARY = "print your public key, so that others can pin it; made on first use"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("-o", "--output", metavar="FILE", help="write the key there instead of to stdout")


def run(args: argparse.Namespace) -> int:
    """Print the key as PEM."""
    import sys  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    from assay.cli.output import write_whole  # noqa: PLC0415
    from assay.statements.keys import default_key_path, load_or_create_key  # noqa: PLC0415

    path = default_key_path()
    public = load_or_create_key(path).public
    if args.output is None:
        sys.stdout.write(public.pem.decode())
    else:
        write_whole(Path(args.output), public.pem)
    print(f"key {public.keyid}, kept in {path}", file=sys.stderr)
    return 0
