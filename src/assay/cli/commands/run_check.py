"""`assay run-check PATH`: see whether a model runs on a plain CPU, and sign what came out."""

from __future__ import annotations

import argparse

NAME = "run-check"
SUMMARY = "run a model on a plain CPU, in a child without network; the signed statement goes into PATH/.assay"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("model", metavar="PATH", help="a folder with safetensors, ONNX or GGUF")
    parser.add_argument("--no-sign", action="store_true", help="only print what came out")


def run(args: argparse.Namespace) -> int:
    """Run it, say what came out, sign it; 3 where only a header could be read."""
    from pathlib import Path  # noqa: PLC0415

    from assay.canonical import sha256_hex  # noqa: PLC0415
    from assay.cli.evidence import sign_beside  # noqa: PLC0415
    from assay.cli.progress import Progress  # noqa: PLC0415
    from assay.isolate.running import run_isolated  # noqa: PLC0415
    from assay.reports import visible  # noqa: PLC0415

    model = Path(args.model)
    with Progress("running") as progress:
        done = run_isolated(model, on_token=progress.sample)
    said = done.predicate
    ran = said["evidence"] == "E1"
    where = said["environment"]
    print(f"{said['evidence']}: " + ("it ran on a plain CPU" if ran else "only its header was read; nothing was run"))
    print(f"  model        dirHash {said['model']['dirhash'][:16]}, {visible(said['model']['format'])}")
    print(f"  runner       {visible(said['runner']['name'])} {visible(said['runner']['version'])}, {done.isolation}")
    print(f"  machine      {visible(where['os'])} {visible(where['arch'])}, processor by {visible(where['silicon'])}")
    print(f"  output       {said['output']['count']} items, digest {said['output']['digest'][:16]}")
    print(f"  must agree   {sha256_hex(done.agreed)[:16]}, the same on every run here")
    beside = said["beside"]
    print(f"  beside       {beside['tokens_per_second']} a second, {beside['peak_memory'] / 1e6:.0f} MB at most")
    if not args.no_sign:
        print(sign_beside(model, done.statement))
    return 0 if ran else 3
