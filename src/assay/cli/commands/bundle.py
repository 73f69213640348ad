"""`assay bundle FOLDER`: one file that carries files, statements, keys and a policy across an air gap."""

from __future__ import annotations

import argparse

NAME = "bundle"
SUMMARY = "pack a folder, its evidence and a policy into one file; every bit of it is covered by a signature"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("path", metavar="FOLDER", help="a folder or cache snapshot; evidence is taken from its .assay")
    parser.add_argument("-o", "--output", metavar="FILE", help="the bundle to write (FOLDER.assay)")
    parser.add_argument("--policy", metavar="POLICY", help="a policy to enclose: default, commercial, or a file")


def run(args: argparse.Namespace) -> int:
    """Write the bundle and say what it carries."""
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
