"""`assay attest PATH`: judge and sign what was found, or sign a claim; the evidence goes into `PATH/.assay/`."""

from __future__ import annotations

import argparse

NAME = "attest"
SUMMARY = "sign what was found, or a claim about it; evidence goes into PATH/.assay"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("target", metavar="PATH|REPO", help="a folder; anything else needs -o")
    parser.add_argument("--claim", metavar="WORD", help="sign a claim instead, such as publishes or reviewed")
    parser.add_argument("--text", default="", help="what the claim says, in words")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the envelope there instead of into PATH/.assay")


def run(args: argparse.Namespace) -> int:
    """Sign one statement and say where it is."""
    from pathlib import Path  # noqa: PLC0415

    from assay.cli.answer import assessed, open_source  # noqa: PLC0415
    from assay.cli.evidence import sign_beside  # noqa: PLC0415
    from assay.cli.output import write_whole  # noqa: PLC0415
    from assay.errors import UsageError  # noqa: PLC0415
    from assay.statements.envelope import Envelope  # noqa: PLC0415
    from assay.statements.keys import default_key_path, load_or_create_key  # noqa: PLC0415
    from assay.statements.predicates import claim  # noqa: PLC0415
    from assay.statements.statement import Statement  # noqa: PLC0415

    source = open_source(args.target)
    if args.output is None and source.kind != "folder":
        raise UsageError(f"{args.target} is no folder to put evidence into", hint="Name a file with -o.")
    payload = assessed(source).statement
    if args.claim is not None:
        subjects = Statement.parse(payload).subjects
        payload = Statement(claim.TYPE, subjects, claim.claim(args.claim, args.text)).to_bytes()
    if args.output is None:
        print(sign_beside(Path(args.target), payload))
        return 0
    key = load_or_create_key(default_key_path())
    write_whole(Path(args.output), Envelope.sign(payload, key).to_bytes())
    print(f"signed   {args.output} by key {key.public.keyid[:16]}")
    return 0
