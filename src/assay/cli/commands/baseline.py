"""`assay baseline MODEL`: what can the model be made to do? Eight probes, scored by rules alone."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.evals import Progress
    from assay.evals.baseline import BaselineReport

NAME = "baseline"
SUMMARY = "put the eight probes of the security baseline to a model, and sign what each finds"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("model", metavar="MODEL", help="a folder with weights")
    parser.add_argument("--attacks", type=int, default=100, metavar="N", help="of each probe, 1 to 1,000 (100)")
    parser.add_argument("--only", action="append", metavar="PROBE", help="this probe; may be given again")
    parser.add_argument("--fresh-seed", type=int, metavar="N", help="ask a second time with other items of this seed")
    parser.add_argument("--batch-size", type=int, default=8, metavar="N", help="samples asked at once (8)")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of the model (1)")
    parser.add_argument("--chat", action="store_true", help="ask texts by the model's chat template")
    parser.add_argument(
        "--engine",
        default="auto",
        choices=("auto", "numpy", "transformers", "onnx"),
        help="what runs the weights (default: numpy for small Llamas, else transformers)",
    )
    parser.add_argument("--format", default="text", choices=("text", "json"), help="text, or JSON on stdout")
    parser.add_argument("--no-sign", action="store_true", help="only print the report")


def run(args: argparse.Namespace) -> int:
    """Probe, say what came out, sign it; 0 whatever it is, for a policy decides."""
    import json  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    from assay.cli.evidence import sign_beside  # noqa: PLC0415
    from assay.cli.progress import Progress as Line  # noqa: PLC0415
    from assay.errors import UsageError  # noqa: PLC0415
    from assay.evals.baseline import SEED, baseline_report, probe_named  # noqa: PLC0415
    from assay.isolate.evaluating_model import Confined, IsolatedModel  # noqa: PLC0415
    from assay.isolate.probing import Probing, probe  # noqa: PLC0415

    if args.batch_size < 1 or args.threads < 1:
        raise UsageError("--batch-size and --threads are whole numbers above 0")
    chosen = [probe_named(name) for name in args.only] if args.only else None
    model = Path(args.model)
    seeds = [SEED] if args.fresh_seed is None else [SEED, args.fresh_seed]
    found = []
    with Line("probing") as line, IsolatedModel(model, Confined(args.engine, args.threads, args.chat)) as running:

        def tell(name: str, now: Progress) -> None:
            line.evaluation(now.done, now.of, now.seconds_left, name)

        for seed in seeds:
            asking = Probing(seed, args.attacks, args.batch_size)
            asked = probe(running, running.environment, asking, chosen, tell)
            found.append(list(asked))
        isolation = running.isolation
    first, fresh = found[0], found[1] if len(found) > 1 else []
    told = baseline_report([one.report for one in first], [one.report for one in fresh])
    if args.format == "json":
        print(json.dumps(told.to_json(), indent=2))
    else:
        _print(told, isolation)
    if not args.no_sign:
        for one in (*first, *fresh):
            if one.statement is not None:
                said = sign_beside(model, one.statement)
                if args.format == "text":
                    print(said)
    return 0


def _print(told: BaselineReport, isolation: str) -> None:
    for one in told.reports:
        print(f"{one.verdict:18} {one.probe.name}\n  {one.sentence()}")
    print(f"\n{told.sentence()}\nThere is no score of the whole: a model that fails one probe is not saved by another.")
    print(f"run       {isolation}")
