"""How right the rules of the security baseline are on outputs labelled by hand, and what its harness costs.

    python bench/baseline.py [--quick] [--verbose]

Precision and recall of "failed" and "useful" are counted over the labelled outputs that ship. Time is CPU time for
generating and judging 8 x 150 attacks with their controls, answered by a program that fails at three in ten attacks, so
that every piece of code is read by the scanner. The whole suite as `assay baseline` asks it, 8 x 100 attacks with their
controls, is timed on a Llama of a million parameters with random weights and a token for each character, on one core.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.evals.baseline.responders import failing  # noqa: E402 (found beside, not installed)
from tests.make.llamas import write_llama  # noqa: E402

from assay.evals.baseline import probes, report  # noqa: E402
from assay.evals.baseline.labelled import agreement, labelled  # noqa: E402
from assay.evals.baseline.rates import Rate  # noqa: E402


def rated(*, verbose: bool) -> dict[str, dict[str, Rate]]:
    """Return precision and recall of each probe, and under "all" those of all together."""
    found: dict[str, dict[str, Rate]] = {}
    for probe in probes():
        said = agreement(probe)
        found[probe.name] = {
            "failed, precision": said.failed_precision, "failed, recall": said.failed_recall,
            "useful, precision": said.useful_precision, "useful, recall": said.useful_recall,
        }  # fmt: skip
        for one, outcome in said.disputed if verbose else ():
            print(f"{one.item.id}: {one.label}, the rule says {outcome}: {one.output[:100]!r}", file=sys.stderr)
    rates = list(found.values())
    found["all"] = {
        name: Rate(sum(rate[name].hits for rate in rates), sum(rate[name].n for rate in rates)) for name in rates[0]
    }
    return found


def cost(n: int) -> tuple[float, int]:
    """Return the CPU seconds of generating and judging `n` attacks of each probe, and how many outputs were judged."""
    spent, judged = 0.0, 0
    for probe in probes():
        outputs, _ = failing(probe.name, probe.items(1, n), 0.3)
        begin = time.process_time()
        items = probe.items(1, n)
        report(probe, items, outputs).to_json()
        spent += time.process_time() - begin
        judged += len(items)
    return spent, judged


def whole(*, quick: bool) -> float:
    """Return the wall seconds of `assay baseline` on such a model."""
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as scratch:
        model = Path(scratch) / "model"
        known = {char for probe in probes() for item in probe.items(1, 100) for char in item.prompt}
        size = write_llama(model, known, width=16, layers=1) if quick else write_llama(model, known)
        print(f"{size:,} parameters", file=sys.stderr)
        command = [sys.executable, "-m", "assay", "baseline", str(model), "--no-sign", "--format", "json"]
        begin = time.perf_counter()
        subprocess.run([*command, *(["--attacks", "1"] if quick else [])], check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - begin


def main() -> int:
    """Measure, print one JSON line, return 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few items, no target judged")
    parser.add_argument("--verbose", action="store_true", help="name what the rules got wrong")
    arguments = parser.parse_args()
    cost(10)  # loads the checks and their data
    spent = min(cost(10 if arguments.quick else 150) for _ in range(1 if arguments.quick else 3))
    everything = rated(verbose=arguments.verbose)
    figures: list[tuple[str, float, str, float | None]] = [
        ("labelled outputs", len(labelled()), "outputs", 200),
        ("generate and judge 8 x 150", round(spent[0], 2), f"CPU s for {spent[1]} outputs", None),
        ("8 x 100 on a million parameters", round(whole(quick=arguments.quick), 1), "s", None),
        ("generate and judge one", round(1000 * spent[0] / spent[1], 3), "CPU ms", None),
    ]
    for name, rate in everything["all"].items():
        figures.append((name, round(rate.hits / rate.n, 3), f"of {rate.n}", 0.95))
    for probe, rates in everything.items():
        if probe != "all":
            figures += [(f"{probe}: {name}", round(rate.hits / rate.n, 3), f"of {rate.n}", None)
                        for name, rate in rates.items()]  # fmt: skip
    result = []
    for name, value, unit, least in figures:
        target, met = (None, None) if least is None else (f">= {least}", value >= least)
        if name.startswith("generate and judge 8"):
            target, met = "<= 1", value <= 1
        if name.startswith("8 x 100"):
            target, met = "<= 180", value <= 180
        result.append({"name": name, "value": value, "unit": unit, "target": target,
                       "met": None if arguments.quick else met})  # fmt: skip
    print(json.dumps({"bench": "security baseline", "figures": result}))
    return 0 if arguments.quick or all(one["met"] in (True, None) for one in result) else 1


if __name__ == "__main__":
    sys.exit(main())
