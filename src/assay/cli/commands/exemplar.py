"""`assay exemplar FOLDER`: train a tiny foundation model of which everything is open, in a minute or two."""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "exemplar"
SUMMARY = "train a tiny model of which everything is open, and write all of it into a folder"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", metavar="FOLDER", help="a new folder")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another text and another start (1)")
    parser.add_argument("--steps", type=int, default=None, metavar="N", help="fewer make a worse model sooner")


def _framework(folder: Path) -> str:
    """Write `mof.yml` from what is proven of the release, and return the class that it reaches."""
    from assay.cli.answer import assessed, open_source  # noqa: PLC0415
    from assay.cli.output import write_whole  # noqa: PLC0415
    from assay.mof import evaluate, label, read_mof, write_mof  # noqa: PLC0415
    from assay.reports.mof_answer import exported  # noqa: PLC0415

    source = open_source(str(folder))
    text = write_mof(*exported(source.name, source.kind, assessed(source).predicate, {"name": "The exemplar"}))
    write_whole(folder / "mof.yml", text.encode("utf-8"))
    return label(evaluate(read_mof(text).to_release()).reached)


def run(args: argparse.Namespace) -> int:
    """Train and write."""
    import time  # noqa: PLC0415

    from assay.cli.progress import Progress  # noqa: PLC0415
    from assay.evals.exemplar.release import one_thread, release  # noqa: PLC0415
    from assay.evals.exemplar.training import Recipe  # noqa: PLC0415

    one_thread()
    asked = Recipe(seed=args.seed, steps=Recipe().steps if args.steps is None else args.steps)
    recipe = Recipe.from_json(asked._asdict())
    folder = Path(args.folder)
    started = time.monotonic()
    with Progress("training") as progress:
        digest = release(folder, recipe, on_step=lambda done, loss: progress.step(done, recipe.steps, loss))
    print(f"trained  {recipe.steps:,} steps in {time.monotonic() - started:.0f} s\nweights  {digest}")
    print(f"written  {folder}, {_framework(folder)} of the Model Openness Framework")
    print(f"next     assay scan {folder}\n         assay rebuild {folder}\n         assay eval next-letter {folder}")
    return 0
