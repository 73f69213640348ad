"""`assay explain RULE`: why a rule matters, a sample, how to fix; with `--trace PATH`, what it saw there."""

from __future__ import annotations

import argparse
import json

NAME = "explain"
SUMMARY = "why a rule matters, a sample, how to fix; --trace shows what it saw in a model"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("rule", nargs="?", metavar="RULE", help="SEC101 or SEC101-pickle-call; none lists all rules")
    parser.add_argument("--trace", metavar="PATH", help="a folder, file or address: show calls, arguments, offsets")


def run(args: argparse.Namespace) -> int:
    """Print the rule's page, and its findings when a path is given."""
    from assay.checks import checks  # noqa: PLC0415
    from assay.errors import UsageError  # noqa: PLC0415

    if args.rule is None:
        for one in checks():
            print(f"{one.rule.id:44} {one.rule.axis.value:11} {one.rule.title}")
        return 0
    found = [one for one in checks() if args.rule.upper() == one.rule.code or args.rule == one.rule.id]
    if not found:
        raise UsageError(f"there is no rule {args.rule}", hint="List all rules with: assay explain")
    one = found[0]
    print(f"{one.rule.id}  ·  {one.rule.axis.value}, {one.rule.severity.value}\n\n{one.page}")
    if args.trace is not None:
        return _trace(args.trace, one.rule.id)
    return 0


def _trace(target: str, rule: str) -> int:
    from assay.cli.answer import assessed  # noqa: PLC0415
    from assay.reports import visible  # noqa: PLC0415

    print(f"\nIn {visible(target)}:")
    findings = [finding for finding in assessed(target).predicate["findings"] if finding["rule"] == rule]
    for finding in findings:
        where = " ".join(part for part in (finding["file"], finding["location"]) if part)
        print(f"\n  {finding['outcome']}: {visible(finding['message'])}")
        if where:
            print(f"  at     {visible(where)}")
        for name, value in sorted(finding["detail"].items()):
            print(f"  {name:6} {visible(json.dumps(value, ensure_ascii=False))}")
    return 0
