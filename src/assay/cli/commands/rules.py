"""`assay rules check|sign|enable|disable|list`: detection that others contribute as data, tried before it counts."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from assay.checks.packs import RulePack
    from assay.cli.packs_here import PacksHere
    from assay.cli.packs_there import Kept, PacksThere
    from assay.cli.rule_packs import Trial

NAME = "rules"
SUMMARY = "try, sign, enable or disable rule packs: detection that others contribute as data"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("action", choices=("check", "sign", "enable", "disable", "list"), help="what to do")
    parser.add_argument("pack", nargs="?", metavar="PACK", help="folder with pack.json; for disable, the id of a pack")
    parser.add_argument("--against", metavar="FOLDER", help="folder of ordinary models, each a folder or a file in it")
    parser.add_argument("--key", action="append", default=[], metavar="PEM", help="public key of a maker you trust")
    parser.add_argument("--hub", metavar="HUB", help="enable, disable or list there: folder or address of a hub")
    parser.add_argument(
        "--precision", type=float, default=0.8, metavar="SHARE", help="lower bound that enable asks for (0.8)"
    )


def run(args: argparse.Namespace) -> int:
    """Do what was asked for and return the exit code: 1 where the pack does not behave or may not be enabled."""
    from pathlib import Path  # noqa: PLC0415

    from assay.cli import rule_packs  # noqa: PLC0415
    from assay.errors import UsageError  # noqa: PLC0415
    from assay.reports import visible  # noqa: PLC0415

    if args.hub is not None and args.action in {"check", "sign"}:
        raise UsageError(f"assay rules {args.action} has nothing to do with a hub", hint="Leave --hub out.")
    if args.action == "list":
        for one in _here() if args.hub is None else _on(args.hub).listed():
            off = "" if one.active else ", switched off"
            print(visible(f"{one.id} {one.version}, by {one.maker}: {one.rules} rules, sha256 {one.digest[:16]}{off}"))
        return 0
    if args.pack is None:
        raise UsageError(f"assay rules {args.action} needs a rule pack", hint="Name its folder, or the id to disable.")
    if args.action == "disable":
        if args.hub is None:
            rule_packs.disable(args.pack)
        else:
            print(f"due to be judged again: {_on(args.hub).switch_off(args.pack):,} revisions")
        print(visible(f"disabled {args.pack}"))
        return 0
    folder = Path(args.pack)
    pack = rule_packs.read_pack(folder)
    if args.action == "sign":
        return _sign(pack, folder)
    trial = rule_packs.try_pack(pack, folder, _models(args.against))
    lines, good = _told(pack, trial, args.precision)
    print("\n".join(map(visible, lines)))
    if args.action == "check":
        return 0 if trial.behaved else 1
    return _enable(pack, folder, args, behaved=trial.behaved, good=good, measured=lines[-1])


def _models(against: str | None) -> list[Path]:
    from pathlib import Path  # noqa: PLC0415

    from assay.errors import UsageError  # noqa: PLC0415

    if against is None:
        return []
    folder = Path(against)
    if not folder.is_dir():
        raise UsageError(f"{against} is no folder", hint="Name a folder that holds one folder for each model.")
    return sorted(place for place in folder.iterdir() if not place.name.startswith("."))


def _told(pack: RulePack, trial: Trial, least: float) -> tuple[list[str], bool]:
    """Return what came of trying the pack, in lines, and whether the lower bound of its precision reaches `least`."""
    from assay.evals.statistics.intervals import share, wilson  # noqa: PLC0415

    lines = [f"{pack.id} {pack.version}, by {pack.maker}, under {pack.licence}"]
    for one in trial.rules:
        lines.append(f"  {one.rule}: {one.found} of {one.wanted} samples found, "
                     f"{one.flagged} of {one.ordinary} ordinary ones flagged")  # fmt: skip
        lines += [f"    {text}" for text in one.wrong[:10]]
    if not trial.matches:
        return [*lines, "precision not known: nothing was found"], False
    precision, recall = wilson(trial.right, trial.matches), wilson(trial.right, trial.wanted)
    lines.append(
        f"precision {share(trial.right, trial.matches):.3f} ({precision.low} to {precision.high}), "
        f"recall {share(trial.right, trial.wanted):.3f} ({recall.low} to {recall.high}), Wilson intervals of 95 %"
    )
    return lines, float(precision.low) >= least


def _sign(pack: RulePack, folder: Path) -> int:
    from assay.cli.output import write_whole  # noqa: PLC0415
    from assay.cli.rule_packs import ENVELOPE, PACK  # noqa: PLC0415
    from assay.reports import visible  # noqa: PLC0415
    from assay.statements.envelope import Envelope  # noqa: PLC0415
    from assay.statements.keys import default_key_path, load_or_create_key  # noqa: PLC0415
    from assay.statements.predicates import rule_pack  # noqa: PLC0415
    from assay.statements.statement import Statement, Subject  # noqa: PLC0415

    predicate = {"id": pack.id, "version": pack.version, "maker": pack.maker, "licence": pack.licence,
                 "rules": [one.rule.id for one in pack.rules]}  # fmt: skip
    key = load_or_create_key(default_key_path())
    statement = Statement(rule_pack.TYPE, (Subject(PACK, {"sha256": pack.digest}),), predicate)
    write_whole(folder / ENVELOPE, Envelope.sign(statement.to_bytes(), key).to_bytes())
    print(visible(f"signed   {folder / ENVELOPE} by key {key.public.keyid[:16]}"))
    return 0


def _enable(pack: RulePack, folder: Path, args: argparse.Namespace, *, behaved: bool, good: bool, measured: str) -> int:
    """Enable the pack where a trusted key signed it, its samples behave and it was measured to be precise enough."""
    from assay.cli.rule_packs import ENVELOPE, enable  # noqa: PLC0415
    from assay.errors import RulesError  # noqa: PLC0415
    from assay.reports import visible  # noqa: PLC0415

    if args.against is None:
        raise RulesError(
            "a rule pack is tried on ordinary models before it is enabled",
            hint="Give a folder of models that you know to be harmless: --against FOLDER",
        )
    signer = _signer(pack, folder, args.key)
    if not behaved:
        print("not enabled: not every sample came out as the pack says")
        return 1
    if not good:
        print(visible(f"not enabled: the lower bound of its precision does not reach {args.precision:g}"))
        return 1
    if args.hub is not None:
        due = _on(args.hub).add(pack, (folder / ENVELOPE).read_bytes(), signer, measured)
        print(visible(f"enabled  on the hub {args.hub}, signed by key {signer[:16]}"))
        print(f"due to be judged again: {due:,} revisions")
        return 0
    place = enable(pack, folder, {"key": signer, "measured": measured})
    print(visible(f"enabled  {place}, signed by key {signer[:16]}"))
    return 0


def _here() -> list[Kept]:
    from assay.cli.packs_there import Kept  # noqa: PLC0415
    from assay.cli.rule_packs import enabled_packs  # noqa: PLC0415

    return [Kept(one.id, one.version, one.maker, len(one.rules), one.digest) for one in enabled_packs()]


def _on(hub: str) -> PacksHere | PacksThere:
    import os  # noqa: PLC0415

    if hub.startswith(("http://", "https://")):
        from assay.cli.packs_there import PacksThere  # noqa: PLC0415

        return PacksThere(hub, os.environ.get("HF_TOKEN"))
    from assay.cli.packs_here import PacksHere  # noqa: PLC0415  # brings in the database

    return PacksHere(hub)


def _signer(pack: RulePack, folder: Path, keys: list[str]) -> str:
    """Return the id of the trusted key that signed the pack.

    Raises:
        RulesError: none did, or the signature is about something else.
    """
    from pathlib import Path  # noqa: PLC0415

    from assay.cli.rule_packs import ENVELOPE  # noqa: PLC0415
    from assay.errors import RulesError  # noqa: PLC0415
    from assay.statements.envelope import MAX_ENVELOPE  # noqa: PLC0415
    from assay.statements.keys import PublicKey, default_key_path, load_key  # noqa: PLC0415
    from assay.statements.pack_signature import signer_of  # noqa: PLC0415

    try:
        trusted = [PublicKey(Path(path).read_bytes()) for path in keys]
        with (folder / ENVELOPE).open("rb") as file:
            envelope = file.read(MAX_ENVELOPE + 1)
    except OSError as error:
        raise RulesError(
            f"cannot read {error.filename}: {error.strerror}", hint="Packs are signed: see the maker."
        ) from error
    own = default_key_path()
    trusted += [load_key(own).public] if own.exists() else []
    return signer_of(envelope, pack.digest, trusted)
