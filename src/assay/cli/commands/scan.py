"""`assay scan PATH|REPO|ADDRESS`: five axes and a verdict."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.isolate.parent import ChildLimits

NAME = "scan"
SUMMARY = "judge a folder, a file, a cache snapshot or a repo on a hub: five axes and a verdict"

_LONGEST = 86_400
"""Seconds for one file: a day."""
_LEAST, _MOST = 256, 1024 * 1024
"""MiB for the child: what the interpreter itself needs; more than any machine has."""
_SEVERITIES = ("critical", "high", "medium", "low", "info")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("target", metavar="PATH|REPO", help="folder, file, ORG/NAME[@REV] or address of a repo page")
    parser.add_argument("--format", default="text", metavar="FORMAT", help="text (default), json, sarif, html or md")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the report there instead of stdout")
    parser.add_argument("--fail-on", default="high", choices=_SEVERITIES, help="lowest severity that exits 1 (high)")
    add_judging_arguments(parser)


def add_judging_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of every command that judges."""
    parser.add_argument("--policy", default="default", metavar="POLICY", help="default, commercial, or a file")
    parser.add_argument("--key", action="append", default=[], metavar="PEM", help="public key whose statements count")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS", help="longest time for one file (60)")
    parser.add_argument("--memory", type=int, default=1024, metavar="MIB", help="memory of the reading child (1024)")


def run(args: argparse.Namespace) -> int:
    """Print the report and return the exit code."""
    from assay.isolate.process import Child  # noqa: PLC0415

    with Child() as process:  # loads while this side does
        from assay.cli.answer import answer, exit_code, pinned_keys  # noqa: PLC0415
        from assay.cli.output import show  # noqa: PLC0415
        from assay.reports import check_format  # noqa: PLC0415

        check_format(args.format)
        keys = pinned_keys(args.key)
        found = answer(args.target, policy=args.policy, child=child_limits(args), process=process, pinned=keys)
    show(found.scan, args.format, args.output)
    return exit_code(found.scan, args.fail_on)


def child_limits(args: argparse.Namespace) -> ChildLimits:
    """Return the limits that the arguments ask for.

    Raises:
        UsageError: a limit is out of bounds.
    """
    from assay.errors import UsageError  # noqa: PLC0415
    from assay.isolate.parent import ChildLimits  # noqa: PLC0415

    if not 0 < args.timeout <= _LONGEST:
        raise UsageError(f"--timeout is more than 0 and at most {_LONGEST:,} seconds")
    if not _LEAST <= args.memory <= _MOST:
        raise UsageError(f"--memory is {_LEAST} to {_MOST:,} MiB")
    return ChildLimits(memory=args.memory * 1024 * 1024, seconds_per_file=args.timeout)
