"""`assay licence FILE [OTHER]`: what a licence text is, what it adds or lacks, what it allows; or how two differ."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.canonical import JSON

NAME = "licence"
SUMMARY = "what a licence text is, what it adds or lacks, what it allows; with two, how they differ"

_LIMIT = 8 * 1024 * 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("text", metavar="FILE", help="a licence text, a README, or the name of a licence, such as MIT")
    parser.add_argument("other", nargs="?", metavar="OTHER", help="another one, to compare the first with")
    parser.add_argument("--format", default="text", choices=("text", "json"), help="text (default) or json")


def run(args: argparse.Namespace) -> int:
    """Print what the text is and return the exit code."""
    from assay.cli.licence_answer import compared, described, shown_comparison, shown_description  # noqa: PLC0415

    one = _read(args.text)
    other = _read(args.other) if args.other is not None else None
    answer: dict[str, JSON] = described(*one) if other is None else compared(one, other)
    if args.format == "json":
        print(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        print("\n".join(shown_description(answer) if other is None else shown_comparison(answer)).lstrip("\n"))
    return {"pass": 0, "fail": 1, "unknown": 3}[answer["outcome"]]


def _read(target: str) -> tuple[str, bytes | None]:
    """Return a file and its bytes; of the name of a licence no bytes.

    Raises:
        PathError: it is neither.
    """
    from assay.checks.licences import licence  # noqa: PLC0415
    from assay.errors import PathError  # noqa: PLC0415

    place = Path(target)
    if place.is_file():
        if place.stat().st_size > _LIMIT:
            raise PathError(f"{target} is larger than 8 MiB", hint="A licence text is not; name the text itself.")
        return target, place.read_bytes()
    if place.is_dir():
        raise PathError(f"{target} is a folder", hint=f"Name a file in it, or judge it whole: assay scan {target}")
    if licence(target) is None:
        raise PathError(
            f"{target} is no file, and no licence of that name is known",
            hint="Name a licence text, or a licence by its SPDX identifier or slug, such as MIT or llama3.1.",
        )
    return target, None
