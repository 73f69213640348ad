"""`assay result export MODEL`: the signed results beside a model, as a card or `.eval_results/` holds them."""

from __future__ import annotations

import argparse

NAME = "result"
SUMMARY = "write the signed results beside a model in the forms that model cards hold"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("action", choices=("export",), help="write them as YAML to stdout")
    parser.add_argument("model", metavar="MODEL", help="a folder with results in its .assay")
    parser.add_argument(
        "--to",
        default="eval-results",
        choices=("eval-results", "model-index"),
        help="a file for .eval_results/ (default), or the card's model-index",
    )
    parser.add_argument("--dataset", metavar="ORG/NAME", help="the repo that holds the benchmark's data")
    parser.add_argument("--url", metavar="URL", help="where the signed statements can be had")


def run(args: argparse.Namespace) -> int:
    """Check the signatures, and write."""
    from pathlib import Path  # noqa: PLC0415

    import yaml  # noqa: PLC0415

    from assay.errors import UsageError  # noqa: PLC0415
    from assay.evals.exports import Exported, eval_results, model_index  # noqa: PLC0415
    from assay.statements.evidence import FOLDER, read_evidence  # noqa: PLC0415
    from assay.statements.predicates.result import TYPE  # noqa: PLC0415

    model = Path(args.model)
    said = read_evidence(model / FOLDER).verified()
    results = [
        Exported(one.statement.predicate, one.digest, args.dataset, args.url)
        for one in said
        if one.statement.predicate_type == TYPE
    ]
    if not results:
        raise UsageError(f"there is no result in {model / FOLDER}", hint="Run one: assay eval BENCHMARK MODEL")
    document: object = [item for one in results for item in eval_results(one)]
    if args.to == "model-index":
        named = [model_index(one, model.resolve().name)[0] for one in results]
        document = {"model-index": [{**named[0], "results": [part for one in named for part in one["results"]]}]}
    print(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110), end="")
    return 0
