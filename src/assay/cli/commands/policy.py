"""`assay policy check|test`: is a policy well formed, and what does it make of a model?"""

from __future__ import annotations

import argparse

NAME = "policy"
SUMMARY = "check a policy, or test it on a model: the verdict, why, and what would change it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("action", choices=("check", "test", "list"), help="check it, test it on a model, or list names")
    parser.add_argument("policy", nargs="?", default="default", metavar="POLICY", help="default, commercial, or a file")
    parser.add_argument("target", nargs="?", metavar="PATH|REPO", help="what to test it on")


def run(args: argparse.Namespace) -> int:
    """Print what was asked for and return the exit code."""
    from assay.cli.answer import answer  # noqa: PLC0415
    from assay.errors import UsageError  # noqa: PLC0415
    from assay.policy import Decision, explain, load_policy, shipped  # noqa: PLC0415
    from assay.reports import visible  # noqa: PLC0415

    if args.action == "list":
        for name in shipped():
            print(f"{name:12} {load_policy(name).about}")
        return 0
    policy = load_policy(args.policy)
    if args.action == "check":
        print(f"{visible(policy.name)}: {visible(policy.about)}")
        for rule in policy.rules:
            print(f"  {rule.kind.value:8} {visible(rule.name)}: {visible(rule.say)}")
        return 0
    if args.target is None:
        raise UsageError("a policy is tested on something", hint="assay policy test POLICY PATH")
    verdict = answer(args.target, policy=policy).verdict
    print("\n".join(visible(line) for line in explain(verdict)))
    return {Decision.REFUSE: 1, Decision.UNDECIDED: 3, Decision.ADMIT: 0}[verdict.outcome]
