"""`assay unbundle FILE FOLDER`: check every bit, then unpack files and evidence; nothing half-written."""

from __future__ import annotations

import argparse

NAME = "unbundle"
SUMMARY = "check every bit of a bundle, then unpack it into a new folder"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("bundle", metavar="BUNDLE", help="a file made by assay bundle")
    parser.add_argument(
        "folder", metavar="FOLDER|REPO", help="a folder that does not exist yet, or ORG/NAME with --hub"
    )
    parser.add_argument(
        "--hub", metavar="FOLDER", help="push it to ORG/NAME of the hub in this folder, as foreign evidence"
    )
    parser.add_argument("--policy-out", metavar="FILE", help="also write the policy that the bundle encloses")


def run(args: argparse.Namespace) -> int:
    """Unpack the bundle and say what came."""
    if args.hub is not None:
        return _into_hub(args)
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


def _into_hub(args: argparse.Namespace) -> int:
    from pathlib import Path  # noqa: PLC0415

    from assay.errors import UsageError  # noqa: PLC0415
    from assay.hub.carrying import operator, unpack  # noqa: PLC0415
    from assay.hub.config import load_config  # noqa: PLC0415
    from assay.hub.node import open_node  # noqa: PLC0415

    owner, slash, name = args.folder.partition("/")
    if not slash or "/" in name:
        raise UsageError(f"{args.folder!r} is no ORG/NAME", hint="With --hub, name the repo that it becomes.")
    node = open_node(load_config(Path(args.hub), must_exist=True))
    repo, commit = unpack(node, operator(node, owner), Path(args.bundle), owner, name)
    node.close()
    print(f"pushed    {repo.full_name} at {commit}{', private until you open it' if repo.private else ''}")
    print("evidence  came with it and is shown as foreign; the hub assesses the files itself when it runs")
    return 0
