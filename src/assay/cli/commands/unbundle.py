"""`assay unbundle FILE FOLDER`: check every bit, then unpack files and evidence; nothing half-written."""

from __future__ import annotations

import argparse

NAME = "unbundle"
SUMMARY = "check every bit of a bundle, then unpack it into a new folder"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("bundle", metavar="BUNDLE", help="a file made by assay bundle")
    parser.add_argument("folder", metavar="FOLDER", help="a folder that does not exist yet")
    parser.add_argument("--policy-out", metavar="FILE", help="also write the policy that the bundle encloses")


def run(args: argparse.Namespace) -> int:
    """Unpack the bundle and say what came."""
    from pathlib import Path  # noqa: PLC0415

    from assay.cli.output import counted, write_whole  # noqa: PLC0415
    from assay.cli.progress import Progress  # noqa: PLC0415
    from assay.exchange import unbundle  # noqa: PLC0415

    with Progress("unpacking") as progress:
        bundle = unbundle(Path(args.bundle), Path(args.folder), on_member=progress.file)
    if args.policy_out is not None and bundle.policy is not None:
        write_whole(Path(args.policy_out), bundle.policy)
    print(f"unpacked  {args.folder}\ndirHash   {bundle.dirhash}")
    print(f"carried   {counted(len(bundle.evidence.envelopes), 'statement')}, packed by key {bundle.packer.keyid}")
    print(f"next      assay verify {args.folder} --key SIGNER.pem")
    return 0
