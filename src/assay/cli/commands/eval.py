"""`assay eval BENCHMARK MODEL`: really run a benchmark on a model, and sign the result."""

from __future__ import annotations

import argparse

NAME = "eval"
SUMMARY = "run a benchmark on a model, in a child without network; the signed result goes into MODEL/.assay"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("benchmark", metavar="BENCHMARK", help="the name of one that ships, or a folder")
    parser.add_argument("model", metavar="MODEL", help="a folder with safetensors, a config and a tokenizer")
    parser.add_argument(
        "--relationship",
        default="third",
        choices=("first", "third", "collaborative"),
        help="you made the model (first), you did not (third), or both together",
    )
    parser.add_argument("--no-sign", action="store_true", help="only print the result")


def run(args: argparse.Namespace) -> int:
    """Run it, say what came out, sign it."""
    from pathlib import Path  # noqa: PLC0415

    from assay.cli.evidence import sign_beside  # noqa: PLC0415
    from assay.cli.progress import Progress  # noqa: PLC0415
    from assay.isolate.evaluating import evaluate_isolated  # noqa: PLC0415
    from assay.reports import visible  # noqa: PLC0415

    model = Path(args.model)
    with Progress("evaluating") as progress:
        done = evaluate_isolated(model, args.benchmark, relationship=args.relationship, on_sample=progress.sample)
    result = done.predicate
    print(f"{visible(result['benchmark']['id'])}: {visible(done.summary)}")
    for metric in result["metrics"]:
        interval = metric["ci"]
        print(
            f"  {visible(metric['name']):18} {metric['value']}  from {interval['low']} to {interval['high']} "
            f"({interval['method']}, {interval['level']}), n = {metric['n']}"
        )
    print(f"  samples            root {result['samples']['merkle_root'][:16]}, {result['samples']['n_errored']} errors")
    print(f"  model              dirHash {result['model']['dirhash'][:16]}, run {done.isolation}")
    if not args.no_sign:
        print(sign_beside(model, done.statement))
    return 0
