"""`assay verify PATH`: is it, bit for bit, what its evidence says, who signed that, and does a policy admit it?"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from assay.statements.evidence import VerifiedStatement

NAME = "verify"
SUMMARY = "check signatures, digests and a policy, offline; pin signers with --key"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("path", metavar="PATH", help="a folder with evidence in .assay, or a bundle")
    parser.add_argument("--key", action="append", default=[], metavar="PEM", help="public key of a signer you trust")
    parser.add_argument("--policy", metavar="POLICY", help="also decide: default, commercial, or a file")


def run(args: argparse.Namespace) -> int:
    """Print what holds and return the exit code: 1 when something does not, 3 when no signer is pinned."""
    from pathlib import Path  # noqa: PLC0415

    from assay.cli.answer import pinned_keys  # noqa: PLC0415
    from assay.errors import BundleError, VerificationError  # noqa: PLC0415
    from assay.reports import visible  # noqa: PLC0415

    path, pinned = Path(args.path), pinned_keys(args.key)
    try:
        if path.is_file():
            return _bundle(path, pinned, args.policy)
        return _folder(path, pinned, args.policy)
    except (BundleError, VerificationError) as error:
        print(f"✗ {visible(path)} is refused: {visible(error)}")
        if error.hint():
            print(f"  {visible(error.hint())}")
        return 1


def _bundle(path: Path, pinned: tuple[str, ...], policy: str | None) -> int:
    from assay.cli.progress import Progress  # noqa: PLC0415
    from assay.exchange import read_bundle  # noqa: PLC0415
    from assay.reports import visible  # noqa: PLC0415

    with Progress("verifying") as progress:
        bundle = read_bundle(path, on_member=progress.file)
    print(f"✓ {visible(path)}: every bit is as its packer signed it\n  dirHash {bundle.dirhash}")
    print(f"  packed by key {bundle.packer.keyid[:16]}")
    return _conclude(bundle.evidence.verified(pinned), bundle.dirhash, policy)


def _folder(path: Path, pinned: tuple[str, ...], policy: str | None) -> int:
    from assay.cli.progress import Progress  # noqa: PLC0415
    from assay.errors import VerificationError  # noqa: PLC0415
    from assay.reports import visible  # noqa: PLC0415
    from assay.statements.evidence import FOLDER, read_evidence  # noqa: PLC0415
    from assay.statements.folder import verify_folder  # noqa: PLC0415

    evidence = read_evidence(path / FOLDER)
    with Progress("verifying") as progress:
        found = verify_folder(path, evidence, pinned, on_file=progress.file)
    if not found.statements:
        raise VerificationError("there is no evidence in it", hint=f"Sign it first: assay attest {path}")
    if not found.about:
        wrong = [f"{kind} {', '.join(names[:5])}" for difference in found.differences[:1] for kind, names in (
            ("changed:", difference.changed), ("missing:", difference.missing), ("extra:", difference.extra),
        ) if names]  # fmt: skip
        where = "; ".join(wrong) or "no assessment lists its files"
        raise VerificationError(
            f"it is not the revision that its evidence is about ({where})",
            hint="Get the files again, or judge and sign them anew with assay attest.",
        )
    print(f"✓ {visible(path)}: every file is as the evidence says\n  dirHash {found.dirhash}")
    return _conclude(found.statements, found.dirhash, policy)


def _conclude(statements: tuple[VerifiedStatement, ...], dirhash: str, policy: str | None) -> int:
    import datetime as dt  # noqa: PLC0415

    from assay.cli.evidence import own_keyid, said_by, statement_lines  # noqa: PLC0415
    from assay.cli.output import counted  # noqa: PLC0415
    from assay.dossier import ASSESSMENT, fold  # noqa: PLC0415
    from assay.policy import Decision, decide, explain, load_policy, waive  # noqa: PLC0415
    from assay.reports import visible  # noqa: PLC0415
    from assay.reports.style import AXIS_NAMES, mark  # noqa: PLC0415

    own = own_keyid()
    print(f"✓ {counted(len(statements), 'statement')}, every signature holds")
    print("\n".join(statement_lines(statements, own, dirhash)))
    said = said_by(statements, own)
    trusted = any(one.trusted and one.subject == dirhash for one in said)
    if not trusted:
        print("? key not pinned: the signatures hold, but nothing says whose they are; pin a signer with --key")
    if policy is None:
        return 0 if trusted else 3
    dossier = fold(dirhash, said)
    for state in dossier.axes:
        print(visible(f"{mark(state.outcome)} {AXIS_NAMES[state.axis]:11} {state.outcome:8} {state.reason}"))
    rules = load_policy(policy)
    files = [file for one in said if one.trusted and one.subject == dirhash and one.predicate_type == ASSESSMENT
             for file in one.predicate["files"]]  # fmt: skip
    digests = {file["path"]: file["sha256"] for file in files}
    today = dt.datetime.now(tz=dt.UTC).date()
    verdict = decide(waive(dossier, rules.suppress, rules.name, digests=digests, today=today).dossier, rules)
    print("\n".join(visible(line) for line in explain(verdict)))
    return {Decision.REFUSE: 1, Decision.UNDECIDED: 3, Decision.ADMIT: 0}[verdict.outcome]
