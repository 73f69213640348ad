"""`assay explain RULE`: why a rule matters, a sample, how to fix; with `--trace PATH`, what it saw there."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.canonical import JSON
    from assay.checks.packs import PackRule, RulePack

NAME = "explain"
SUMMARY = "why a rule matters, a sample, how to fix; --trace shows what it saw in a model"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "rule", nargs="?", metavar="RULE", help="SEC101, or PACK/RULE of an enabled rule pack; none lists all"
    )
    parser.add_argument("--trace", metavar="PATH", help="a folder, file or address: show calls, arguments, offsets")


def run(args: argparse.Namespace) -> int:
    """Print the rule's page, and its findings when a path is given."""
    from assay.checks import checks  # noqa: PLC0415
    from assay.errors import UsageError  # noqa: PLC0415

    if args.rule is None:
        for one in checks():
            print(f"{one.rule.id:44} {one.rule.axis.value:11} {one.rule.title}")
        for _, theirs in _of_packs():
            print(f"{theirs.rule.id:44} {'pack':11} {theirs.rule.title}")
        return 0
    if "/" in args.rule or ":" in args.rule:
        return _of_pack(args.rule.replace(":", "/", 1), args.trace)
    found = [one for one in checks() if args.rule.upper() == one.rule.code or args.rule == one.rule.id]
    if not found:
        raise UsageError(f"there is no rule {args.rule}", hint="List all rules with: assay explain")
    one = found[0]
    print(f"{one.rule.id}  ·  {one.rule.axis.value}, {one.rule.severity.value}\n\n{one.page}")
    if args.trace is not None:
        return _trace(args.trace, one.rule.id)
    return 0


def _of_packs() -> list[tuple[RulePack, PackRule]]:
    from assay.cli.rule_packs import enabled_packs  # noqa: PLC0415

    return [(pack, one) for pack in enabled_packs() for one in pack.rules]


def _of_pack(rule: str, trace: str | None) -> int:
    """Explain a rule of somebody else's, in their words."""
    from assay.errors import UsageError  # noqa: PLC0415
    from assay.reports import visible  # noqa: PLC0415

    found = next(((pack, one) for pack, one in _of_packs() if one.rule.id == rule), None)
    if found is None:
        raise UsageError(f"no enabled rule pack has a rule {rule}", hint="See what is enabled: assay rules list")
    pack, one = found
    whose = f"rule pack {pack.id} {pack.version} by {pack.maker}, in no axis"
    print(visible(f"{rule}  ·  {one.rule.severity.value}, confidence {one.confidence.value}  ·  {whose}"))
    told = [one.rule.title, *one.why.split("\n"), "", *f"Fix: {one.fix}".split("\n")]
    print("\n" + "\n".join(map(visible, told)))
    if one.references:
        print("\nReferences: " + visible(", ".join(one.references)))
    return 0 if trace is None else _trace(trace, rule)


def _trace(target: str, rule: str) -> int:
    from assay.cli.answer import assessed  # noqa: PLC0415
    from assay.reports import visible  # noqa: PLC0415

    print(f"\nIn {visible(target)}:")
    said = assessed(target).predicate
    theirs: list[dict[str, JSON]] = [one for pack in said.get("packs", ()) for one in pack["findings"]]
    for finding in (one for one in said["findings"] + theirs if one["rule"] == rule):
        where = " ".join(part for part in (finding["file"], finding["location"]) if part)
        print(f"\n  {finding['outcome']}: {visible(finding['message'])}")
        if where:
            print(f"  at     {visible(where)}")
        for name, value in sorted(finding["detail"].items()):
            print(f"  {name:6} {visible(json.dumps(value, ensure_ascii=False))}")
    return 0
