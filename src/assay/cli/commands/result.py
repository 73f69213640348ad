"""`assay result export MODEL`, `assay result import FILE`: results in the forms that others write and read."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.artifact.sources import Source
    from assay.evals.formats import Exported
    from assay.evals.formats.every_eval_ever_samples import Samples
    from assay.evals.formats.imported import Imported
    from assay.statements.statement import Subject

NAME = "result"
SUMMARY = "write signed results in the forms of others, or sign as a claim what another engine's file reports"

_FORMS = ("eval-results", "model-index", "every-eval-ever")
_WIDTH = 110
_MOST_SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("action", choices=("export", "import"), help="write results of a model, or read another's file")
    parser.add_argument(
        "target", nargs="+", metavar="MODEL|FILE",
        help="export: a folder with results in its .assay; import: what inspect_ai, lm_eval, garak or Every Eval Ever "
        "wrote, and after it the files of its samples",
    )  # fmt: skip
    parser.add_argument("--to", default=_FORMS[0], choices=_FORMS, help="export: a file for .eval_results/ (default), "
                        "the card's model-index, or records of Every Eval Ever")  # fmt: skip
    parser.add_argument("--dataset", metavar="ORG/NAME", help="export: the repo that holds the benchmark's data")
    parser.add_argument("--url", metavar="URL", help="export: where the signed statements can be had")
    parser.add_argument("--name", metavar="ORG/NAME", help="export: what the model is called where it is published")
    parser.add_argument("--organisation", metavar="NAME", help="export: who provides the results")
    parser.add_argument("--benchmark", metavar="BENCHMARK", help="export: whose samples stand in --log")
    parser.add_argument("--log", metavar="FILE", help="export: the sample log of a result, for its samples file")
    parser.add_argument("--model", metavar="PATH|REPO", help="import: the model that the file is about; without it, "
                        "nothing is signed")  # fmt: skip
    parser.add_argument("--predictions", metavar="FILE", help="import: write there what the model said, for assay eval")
    parser.add_argument(
        "-o", "--output", metavar="PATH",
        help="export: the folder that records and samples go into; import: the file of the envelope",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Write, or read and sign."""
    return _export(args) if args.action == "export" else _import(args)


def _export(args: argparse.Namespace) -> int:
    from assay.errors import UsageError  # noqa: PLC0415

    if len(args.target) != 1:
        raise UsageError("export takes one model", hint="assay result export MODEL")
    model = Path(args.target[0])
    results = _results(args, model)
    if args.to == "every-eval-ever":
        return _export_records(args, results)
    import yaml  # noqa: PLC0415

    from assay.evals.formats.hugging_face import eval_results, model_index  # noqa: PLC0415

    document: object
    if args.to == "model-index":
        named = [model_index(one, args.name or model.resolve().name)[0] for one in results]
        document = {"model-index": [{**named[0], "results": [part for one in named for part in one["results"]]}]}
    else:
        document = [item for one in results for item in eval_results(one)]
    print(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=_WIDTH), end="")
    return 0


def _results(args: argparse.Namespace, model: Path) -> list[Exported]:
    from assay.errors import UsageError  # noqa: PLC0415
    from assay.evals.formats import Exported  # noqa: PLC0415
    from assay.statements.evidence import FOLDER, read_evidence  # noqa: PLC0415
    from assay.statements.predicates.result import TYPE  # noqa: PLC0415

    said = read_evidence(model / FOLDER).verified()
    found = [
        Exported(one.statement.predicate, one.digest, args.dataset, args.url, args.name, args.organisation)
        for one in said
        if one.statement.predicate_type == TYPE
    ]
    if not found:
        raise UsageError(f"there is no result in {model / FOLDER}", hint="Run one: assay eval BENCHMARK MODEL")
    return found


def _export_records(args: argparse.Namespace, results: list[Exported]) -> int:
    from assay.cli.output import write_whole  # noqa: PLC0415
    from assay.evals.formats.every_eval_ever import aggregate, names_of  # noqa: PLC0415

    bodies = _samples(args, results)
    for one in results:
        record, names = aggregate(one, int(time.time())), names_of(one)
        if (found := bodies.get(one.statement)) is not None:
            record["detailed_evaluation_results"] = found.named
        text = json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
        if args.output is None:
            print(text, end="")
            continue
        place = Path(args.output) / names.folder
        place.mkdir(parents=True, exist_ok=True)
        write_whole(place / f"{names.file}.json", text.encode())
        print(f"wrote    {place / names.file}.json")
        if found is not None:
            write_whole(Path(args.output) / names.samples, found.body)
            print(f"wrote    {Path(args.output) / names.samples}")
    return 0


def _samples(args: argparse.Namespace, results: list[Exported]) -> dict[str, Samples]:
    """Return the samples of the result that the log belongs to, by its statement; none without a log."""
    from assay.canonical import sha256_hex  # noqa: PLC0415
    from assay.errors import UsageError  # noqa: PLC0415
    from assay.evals.formats.every_eval_ever_samples import samples  # noqa: PLC0415
    from assay.evals.tables import read_file  # noqa: PLC0415
    from assay.isolate.evaluating import open_benchmark  # noqa: PLC0415

    if args.log is None:
        return {}
    if args.benchmark is None or args.output is None:
        raise UsageError("--log needs --benchmark, and -o for the samples file", hint="Name both.")
    log = read_file(Path(args.log))
    digest = sha256_hex(log)
    found = [one for one in results if one.predicate["samples"].get("log_digest") == digest]
    if not found:
        raise UsageError(f"no result names the log {args.log}", hint="Give the file that `assay eval` printed as log.")
    suite = open_benchmark(args.benchmark)
    return {one.statement: samples(one, suite, log) for one in found}


def _import(args: argparse.Namespace) -> int:
    from assay.cli.answer import open_source  # noqa: PLC0415
    from assay.cli.evidence import sign_beside  # noqa: PLC0415
    from assay.errors import UsageError  # noqa: PLC0415
    from assay.evals.formats.given import given  # noqa: PLC0415
    from assay.evals.formats.importers import imported  # noqa: PLC0415
    from assay.statements.predicates import imported_result, validate  # noqa: PLC0415
    from assay.statements.statement import Statement  # noqa: PLC0415

    files = [given(Path(name)) for name in args.target]
    found = imported(files)
    predicate = found.predicate(files)
    imported_result.validate(predicate)
    _print(found)
    if args.predictions is not None:
        _write_predictions(Path(args.predictions), found)
    if args.model is None:
        return 0
    source = open_source(args.model)
    if args.output is None and source.kind != "folder":
        raise UsageError(f"{args.model} is no folder to put evidence into", hint="Name a file with -o.")
    statement = Statement(imported_result.TYPE, _subjects(source), predicate)
    validate(statement)
    if args.output is None:
        print(sign_beside(Path(args.model), statement.to_bytes()))
    else:
        _sign_into(Path(args.output), statement.to_bytes())
    return 0


def _print(found: Imported) -> None:
    from assay.reports import visible  # noqa: PLC0415

    told = " ".join(str(found.harness[key]) for key in ("name", "version") if key in found.harness)
    print(visible(f"{found.format}, by {told}, of the model {found.model}"))
    for part in found.parts[:_MOST_SHOWN]:
        for metric in part.metrics:
            print(visible(f"  {part.benchmark['id']}: {metric.sentence()}"))
    if len(found.parts) > _MOST_SHOWN:
        print(f"  and {len(found.parts) - _MOST_SHOWN:,} more benchmarks")
    for remark in found.remarks[:_MOST_SHOWN]:
        print(visible(f"  note: {remark}"))
    print("  trust: claimed, for the file names neither model nor benchmark by digest")


def _write_predictions(place: Path, found: Imported) -> None:
    from assay.cli.output import write_whole  # noqa: PLC0415
    from assay.errors import UsageError  # noqa: PLC0415

    answered = [part for part in found.parts if part.answers]
    if len(answered) != 1:
        raise UsageError(
            f"{len(answered)} benchmarks of the file have one answer for each sample, not just one",
            hint="Give the samples of one benchmark.",
        )
    rows = ({"id": name, "prediction": text} for name, text in sorted(answered[0].answers.items()))
    write_whole(place, "".join(json.dumps(row) + "\n" for row in rows).encode())
    print(f"wrote    {place}")


def _subjects(source: Source) -> tuple[Subject, ...]:
    """Return what names the model: a folder is only hashed, a revision elsewhere assessed as `assay attest` does."""
    from assay.artifact.identity import dir_hash  # noqa: PLC0415
    from assay.cli.answer import assessed  # noqa: PLC0415
    from assay.statements.folder import hash_source  # noqa: PLC0415
    from assay.statements.statement import Statement, revision_subjects  # noqa: PLC0415

    if source.kind == "folder":
        return revision_subjects(dir_hash(hash_source(source)), None)
    return Statement.parse(assessed(source).statement).subjects


def _sign_into(place: Path, payload: bytes) -> None:
    from assay.cli.output import write_whole  # noqa: PLC0415
    from assay.statements.envelope import Envelope  # noqa: PLC0415
    from assay.statements.keys import default_key_path, load_or_create_key  # noqa: PLC0415

    key = load_or_create_key(default_key_path())
    write_whole(place, Envelope.sign(payload, key).to_bytes())
    print(f"signed   {place} by key {key.public.keyid[:16]}")
