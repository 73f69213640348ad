"""`assay bundle FOLDER`: one file that carries files, statements, keys and a policy across an air gap."""

from __future__ import annotations

import argparse

NAME = "bundle"
SUMMARY = "pack a folder, its evidence and a policy into one file; every bit of it is covered by a signature"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "path", metavar="FOLDER|REPO", help="a folder or cache snapshot with its .assay, or ORG/NAME[@REV]"
    )
    parser.add_argument("--hub", metavar="FOLDER", help="take ORG/NAME[@REV] out of the hub in this folder")
    parser.add_argument("-o", "--output", metavar="FILE", help="the bundle to write (FOLDER.assay)")
    parser.add_argument("--policy", metavar="POLICY", help="a policy to enclose: default, commercial, or a file")


def run(args: argparse.Namespace) -> int:
    """Write the bundle and say what it carries."""
    if args.hub is not None:
        return _from_hub(args)
    from pathlib import Path  # noqa: PLC0415

    from assay.artifact.sources.local import open_local  # noqa: PLC0415
    from assay.cli.output import counted  # noqa: PLC0415
    from assay.cli.progress import Progress  # noqa: PLC0415
    from assay.exchange import write_bundle  # noqa: PLC0415
    from assay.policy import load_policy, read_policy  # noqa: PLC0415
    from assay.statements.evidence import FOLDER, read_evidence  # noqa: PLC0415
    from assay.statements.keys import default_key_path, load_or_create_key  # noqa: PLC0415

    source = open_local(Path(args.path))
    target = Path(args.output) if args.output else source.root.with_name(f"{source.root.name}.assay")
    policy = None
    if args.policy is not None:
        load_policy(args.policy)
        policy = read_policy(args.policy)
    evidence = read_evidence(source.root / FOLDER)
    key = load_or_create_key(default_key_path())
    with Progress("packing") as progress:
        bundle = write_bundle(target, source, evidence, key, policy=policy, on_member=progress.file)
    print(f"bundle   {target} ({target.stat().st_size:,} bytes)\ndirHash  {bundle.dirhash}")
    print(f"carries  {counted(len(evidence.envelopes), 'statement')}, packed by key {key.public.keyid}")
    return 0


def _from_hub(args: argparse.Namespace) -> int:
    from pathlib import Path  # noqa: PLC0415

    from assay.cli.output import counted  # noqa: PLC0415
    from assay.errors import UsageError  # noqa: PLC0415
    from assay.hub.carrying import find_revision, pack, wait_until_judged  # noqa: PLC0415
    from assay.hub.config import load_config  # noqa: PLC0415
    from assay.hub.node import open_node  # noqa: PLC0415

    if args.policy is not None:
        raise UsageError("--policy is for bundles of a folder", hint="Leave it out, or carry the policy beside it.")
    node = open_node(load_config(Path(args.hub), must_exist=True))
    repo, commit = find_revision(node, args.path)
    wait_until_judged(node, repo, commit)
    target = Path(args.output) if args.output else Path(f"{repo.name}.assay")
    bundle = pack(node, repo, commit, target)
    node.close()
    print(f"bundle   {target} ({target.stat().st_size:,} bytes)\ndirHash  {bundle.dirhash}")
    print(f"carries  {counted(len(bundle.evidence.envelopes), 'statement')}, packed by key {bundle.packer.keyid}")
    return 0
