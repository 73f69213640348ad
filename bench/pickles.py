"""What it costs to follow a large plain pickle, beside listing its opcodes with the standard library.

    python bench/pickles.py [--quick]

Input: a dictionary of 20,000 small entries, pickled here by protocol 4. Ours follows every opcode on a machine of its
own and keeps what was called; the rival, `pickletools.genops`, only takes the opcodes apart. CPU, runs alternating.
"""

from __future__ import annotations

import argparse
import collections
import json
import pickle
import pickletools
import statistics
import time
from collections.abc import Callable

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.readers import pickle as reader

TARGET = 4.0


def cost(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def main() -> int:
    """Measure, print one JSON line, return 1 when the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one run on a small input, no target judged")
    quick = parser.parse_args().quick
    count = 500 if quick else 20_000
    data = pickle.dumps({f"layer.{n}": [n, n * 0.5, f"name {n}", (n, None, True)] for n in range(count)}, 4)

    def ours() -> object:
        return reader.read(BytesBlob(data), Budget(), path="x.pkl", depth=0)

    def rival() -> object:
        return collections.deque(pickletools.genops(data), maxlen=0)

    ours()
    ratios = [cost(ours) / cost(rival) for _ in range(1 if quick else 15)]
    value = statistics.median(ratios)
    met = None if quick else value <= TARGET
    figure = {"name": "follow a plain pickle, CPU", "value": round(value, 3), "unit": "x pickletools.genops"}
    print(json.dumps({"bench": "pickles", "figures": [{**figure, "target": f"<= {TARGET}", "met": met}]}))
    return int(met is False)


if __name__ == "__main__":
    raise SystemExit(main())
