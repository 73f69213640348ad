"""`assay reproduce RESULT`: run the same benchmark on the same model again, and say whether the two agree."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.cli.reproducing import Claim, Settled

NAME = "reproduce"
SUMMARY = "run a signed result again and hold the two side by side; exit 0 agreed, 1 disputed, 3 not judged"

_MOST_SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("result", metavar="RESULT", help="a statement file, or a model's folder with one result")
    parser.add_argument("--model", metavar="FOLDER", help="the model, where RESULT does not lie in its .assay")
    parser.add_argument("--benchmark", metavar="FOLDER", help="the benchmark, where it is none that ships")
    parser.add_argument("--log", metavar="FILE", help="the sample log of the result, to tell which answers differ")
    parser.add_argument("--key", action="append", default=[], metavar="PEM", help="public key of the result's signer")
    parser.add_argument("--margin", default="0.01", help="how far apart the means may lie, declared before (0.01)")
    parser.add_argument("--journal", metavar="FOLDER", help="keep your own sample log there, and go on after a kill")
    parser.add_argument("--engine", default="auto", choices=("auto", "numpy", "transformers", "onnx"))
    parser.add_argument(
        "--relationship",
        default="third",
        choices=("first", "third", "collaborative"),
        help="you made the model (first), you did not (third), or both together",
    )


def run(args: argparse.Namespace) -> int:
    """Run it again, sign what came out, and say in plain words how the two compare."""
    from pathlib import Path  # noqa: PLC0415

    from assay.cli import reproducing  # noqa: PLC0415
    from assay.cli.progress import Progress  # noqa: PLC0415
    from assay.errors import UsageError  # noqa: PLC0415
    from assay.isolate.evaluating_model import Confined  # noqa: PLC0415
    from assay.statements.evidence import FOLDER, read_evidence  # noqa: PLC0415
    from assay.statements.keys import default_key_path, load_or_create_key  # noqa: PLC0415

    margin = reproducing.decimal_margin(args.margin)
    claim = reproducing.find_claim(Path(args.result), reproducing.public_keys(args.key))
    model = Path(args.model) if args.model else claim.folder
    if model is None:
        raise UsageError("nothing says where the model is", hint="Name its folder with --model.")
    theirs = reproducing.first_answers(claim, Path(args.log) if args.log else None)
    read_evidence(model / FOLDER)  # what is there already must be evidence, or nobody could read ours
    key = load_or_create_key(default_key_path())
    with Progress("reproducing") as progress:
        again = reproducing.run_again(
            claim,
            model,
            args.benchmark or str(claim.predicate["benchmark"]["id"]),
            confined=Confined(
                engine=args.engine,
                threads=claim.predicate["environment"].get("threads", 1),
                chat="chat_template_digest" in claim.predicate["model"],
            ),
            relationship=args.relationship,
            journal=Path(args.journal) if args.journal else None,
            on_progress=lambda now: progress.sample(now.done, now.of),
        )
    settled = reproducing.settle(claim, again, theirs, into=model / FOLDER, key=key, margin=margin)
    print("\n".join(_lines(claim, again.done.summary, settled)))
    print(f"signed   {', '.join(f'{word} {digest[:16]}' for word, digest in settled.written)}")
    print(f"         by key {key.public.keyid[:16]}, in {model / FOLDER}")
    return _code(settled)


def _code(settled: Settled) -> int:
    from assay.evals.reproduction import Kind  # noqa: PLC0415

    return {Kind.DISPUTED: 1, Kind.NOT_JUDGED: 3}.get(settled.agreement.kind, 0)


def _lines(claim: Claim, summary: str, settled: Settled) -> list[str]:
    from assay.evals.reproduction import Kind  # noqa: PLC0415
    from assay.reports import visible  # noqa: PLC0415

    found, first = settled.agreement, claim.predicate["metrics"][0]
    verdict = {
        Kind.EXACT: "✓ agreed, exactly",
        Kind.ITEM_LEVEL: "✓ agreed, item by item",
        Kind.EQUIVALENT: f"✓ agreed, within {found.margin}",
        Kind.DISPUTED: "✗ disputed",
        Kind.NOT_JUDGED: "? not judged",
    }[found.kind]
    lines = [
        f"{verdict}: {visible(found.reason)}",
        f"  said     {visible(first['name'])} {first['value']} (n = {first['n']}), by key {claim.said.signers[0][:16]}",
        f"  found    {visible(summary)}",
    ]
    lines += [f"  differs  {visible(one)}" for one in found.differs_in]
    lines += [f"  sample   {visible(one.sample)}: {one.first} said, {one.second} found"
              for one in found.discordant[:_MOST_SHOWN]]  # fmt: skip
    if len(found.discordant) > _MOST_SHOWN:
        lines.append(f"           and {len(found.discordant) - _MOST_SHOWN:,} more, in the agreement")
    lines.append(f"  worth    {settled.trust.word} to you: {_worth(settled)}")
    return lines


def _worth(settled: Settled) -> str:
    """Say in words what the second run shows, and to whom."""
    if any(one.why.startswith("the same evaluator") for one in settled.trust.others):
        return "the same key signed both, which shows that the result repeats and no more"
    if settled.agreement.kind.agrees:
        return "you know that you ran it; to others it may be a copy, until you agree in a round"
    return "both results stay, and neither side can delete the other's"
