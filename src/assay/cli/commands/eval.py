"""`assay eval BENCHMARK MODEL`: really run a benchmark on a model, or score its predictions, and sign the result."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.evals import Progress, Sampling, Suite
    from assay.isolate.evaluating import Asking, Evaluated

NAME = "eval"
SUMMARY = "run a benchmark on a model, in a child without network; the signed result goes into MODEL/.assay"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("benchmark", metavar="BENCHMARK", help="the name of one that ships, or a folder")
    parser.add_argument("model", metavar="MODEL", help="a folder with weights; or the address of an OpenAI-like API")
    parser.add_argument("--predictions", metavar="FILE", help="run nothing: score what FILE predicts, by sample id")
    parser.add_argument("--limit", metavar="N", type=_positive, help="only the first N samples by id")
    parser.add_argument("--mode", choices=("greedy", "sampled", "loglik"), help="not what the benchmark asks for")
    parser.add_argument("--max-tokens", metavar="N", type=_positive, help="of one answer")
    parser.add_argument("--temperature", metavar="T", help="with --mode sampled")
    parser.add_argument("--top-p", metavar="P", help="with --mode sampled")
    parser.add_argument("--seed", metavar="N", type=int, help="with --mode sampled; each sample has one made of it")
    parser.add_argument(
        "--batch-size", metavar="N", type=_positive, default=1, help="samples asked at once; 1 if not told"
    )
    parser.add_argument("--threads", metavar="N", type=_positive, default=1, help="of the model (default 1)")
    parser.add_argument(
        "--engine",
        default="auto",
        choices=("auto", "numpy", "transformers", "onnx"),
        help="what runs the weights (default: numpy for small Llamas, else transformers)",
    )
    parser.add_argument(
        "--harness",
        choices=("inspect", "lm-eval"),
        help="what carries the run (default: Assay itself); the answers are the same",
    )
    parser.add_argument("--chat", action="store_true", help="ask texts by the model's chat template")
    parser.add_argument("--name", metavar="NAME", help="of the model at an address; its key stands in OPENAI_API_KEY")
    parser.add_argument("--journal", metavar="FOLDER", help="where a run is noted, to go on there after it was killed")
    parser.add_argument("--into", metavar="FOLDER", help="evidence goes into FOLDER/.assay instead of MODEL/.assay")
    parser.add_argument(
        "--relationship",
        default="third",
        choices=("first", "third", "collaborative"),
        help="you made the model (first), you did not (third), or both together",
    )
    parser.add_argument("--no-sign", action="store_true", help="only print the result")


def run(args: argparse.Namespace) -> int:
    """Run it, say what came out, sign it."""
    from assay.cli.evidence import sign_beside  # noqa: PLC0415
    from assay.errors import UsageError  # noqa: PLC0415
    from assay.evals import Journal  # noqa: PLC0415
    from assay.evals.engines import engine_named  # noqa: PLC0415
    from assay.isolate.evaluating import Asking, open_benchmark  # noqa: PLC0415

    into = args.into or ("" if _is_address(args.model) else args.model)
    if not into and not args.no_sign:
        raise UsageError("a model at an address has no folder for the evidence", hint="Name one with --into.")
    engine = engine_named(args.harness) if args.harness else None
    suite = open_benchmark(args.benchmark)
    with Journal(Path(args.journal) if args.journal else _journal_place(args, suite)) as journal:
        asking = Asking(_sampling(args, suite), args.batch_size, args.limit, journal, args.relationship, engine)
        done = _evaluated(args, suite, asking)
    _print(done, journal.folder)
    if not args.no_sign:
        print(sign_beside(Path(into), done.statement))
    return 0


def _evaluated(args: argparse.Namespace, suite: Suite, asking: Asking) -> Evaluated:
    from assay.cli.progress import Progress as Line  # noqa: PLC0415
    from assay.errors import UsageError  # noqa: PLC0415
    from assay.evals.models.endpoint import EndpointModel  # noqa: PLC0415
    from assay.isolate import evaluating  # noqa: PLC0415
    from assay.isolate.evaluating_model import Confined  # noqa: PLC0415

    if args.predictions:
        return evaluating.evaluate_predictions(suite, Path(args.model), Path(args.predictions), asking)
    with Line("evaluating") as line:

        def tell(now: Progress) -> None:
            cost = f"{now.tokens_in:,} tokens read and {now.tokens_out:,} written, {now.cpu:,.0f} s of CPU"
            line.evaluation(now.done, now.of, now.seconds_left, cost)

        if not _is_address(args.model):
            confined = Confined(args.engine, args.threads, args.chat)
            return evaluating.evaluate_isolated(Path(args.model), suite, asking, confined=confined, on_progress=tell)
        if not args.name:
            raise UsageError("a model at an address needs a name", hint="Say which with --name.")
        endpoint = EndpointModel(args.model, args.name, os.environ.get("OPENAI_API_KEY"))
        return evaluating.evaluate_endpoint(suite, endpoint, asking, tell)


def _sampling(args: argparse.Namespace, suite: Suite) -> Sampling:
    """Return what the benchmark asks for, with what the command line says instead."""
    from assay.evals.sampling import read_sampling  # noqa: PLC0415
    from assay.statements.fields import Field  # noqa: PLC0415

    given = {
        "mode": args.mode, "max_tokens": args.max_tokens, "temperature": args.temperature, "top_p": args.top_p,
        "seed": args.seed,
    }  # fmt: skip
    said = {key: value for key, value in given.items() if value is not None}
    usual = {} if args.mode == "loglik" else suite.manifest.sampling.to_json()
    if said.get("mode", usual.get("mode")) != "sampled":
        usual = {key: value for key, value in usual.items() if key not in ("temperature", "top_p", "seed")}
    return read_sampling(Field(usual | said, "sampling"))


def _print(done: Evaluated, journal: Path) -> None:
    from assay.evals.journal import log_place  # noqa: PLC0415
    from assay.reports import visible  # noqa: PLC0415

    result = done.predicate
    samples, model = result["samples"], result["model"]
    print(f"{visible(result['benchmark']['id'])}: {visible(done.summary)}")
    for metric in result["metrics"]:
        interval = metric["ci"]
        told = "no interval"
        if interval is not None:
            told = f"from {interval['low']} to {interval['high']} ({interval['method']}, {interval['level']})"
        print(f"  {visible(metric['name']):18} {metric['value']}  {told}, n = {metric['n']}")
    print(f"  samples            root {samples['merkle_root'][:16]}, {samples['n_errored']} errors")
    named = f"dirHash {model['dirhash'][:16]}" if "dirhash" in model else visible(f"{model['name']}")
    print(f"  model              {named}, {done.isolation}")
    print(f"  log                {visible(log_place(journal, samples['log_digest']))}")


def _journal_place(args: argparse.Namespace, suite: Suite, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of this benchmark on this model, below the user's state (XDG Base Directory 0.8)."""
    from assay.canonical import canonical_json, sha256_hex  # noqa: PLC0415

    given = environ.get("XDG_STATE_HOME", "")
    base = Path(given) if given.startswith("/") else Path.home() / ".local" / "state"
    model = args.model if _is_address(args.model) else str(Path(args.model).absolute())
    key = sha256_hex(canonical_json([suite.digests["manifest_digest"], model, args.name]))
    return base / "assay" / "runs" / f"{suite.manifest.id}-{key[:16]}"


def _is_address(model: str) -> bool:
    return model.startswith(("https://", "http://"))


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number
