"""How long it takes to say what binds one model, and what binds all, in a tree of 100,000 repos.

    python bench/lineage.py [--quick]

The tree is made here: one repo in a hundred is a base model, the others name parents among older ones, the popular
ones more often; one in twenty is a merge, one in thirty names a parent that is not there, one in fifty a dataset, and
a few name each other in a circle. Rival, in the same run and alternating: a walk over the edges of the same tree,
parents first, that joins nothing. Times are of the wall clock.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time

from assay.checks.licences import licence
from assay.lineage import Edge, Node, effective, effective_of

SLUGS = ("apache-2.0", "mit", "llama2", "llama3.1", "gemma", "cc-by-nc-4.0", "creativeml-openrail-m", "cc-by-4.0",
         "gpl-3.0", "deepseek-license", "qwen", "tencent-hunyuan-community")  # fmt: skip
RELATIONS = ("finetune", "finetune", "quantized", "quantized", "adapter", "distillation", "")


def tree(size: int, seed: int) -> dict[str, Node]:
    """Return `size` repos, each naming older ones; the same for one seed."""
    dice = random.Random(seed)
    facts = [one.to_fact() for slug in SLUGS if (one := licence(slug)) is not None]
    nodes: dict[str, Node] = {}
    for number in range(size):
        fact = None if dice.random() < 0.05 else dict(dice.choice(facts))
        nodes[f"org/m{number}"] = Node(fact, _edges(dice, number), ("org/m0",) if dice.random() < 0.02 else ())
    for number in range(0, size - 1, max(2, size // 20)):
        one, other = f"org/m{number}", f"org/m{number + 1}"
        nodes[one] = Node(nodes[one].licence, (*nodes[one].edges, Edge(other, "merge")))
        nodes[other] = Node(nodes[other].licence, (*nodes[other].edges, Edge(one, "merge")))
    return nodes


def _edges(dice: random.Random, number: int) -> tuple[Edge, ...]:
    if number == 0 or dice.random() < 0.01:
        return ()
    if dice.random() < 1 / 30:
        return (Edge(f"gone/m{number}", "finetune"),)
    count = dice.randint(2, 5) if dice.random() < 0.05 else 1
    relation = "merge" if count > 1 else dice.choice(RELATIONS)
    # The cube of an even draw: old repos are named far more often than new ones.
    return tuple(Edge(f"org/m{int(number * dice.random() ** 3)}", relation) for _ in range(count))


def walk(nodes: dict[str, Node]) -> int:
    """Visit every edge, parents first, as any answer must at least; return how many there are."""
    depth = dict.fromkeys(nodes, 0)
    edges = 0
    for name, node in nodes.items():
        for edge in node.edges:
            depth[name] = max(depth[name], depth.get(edge.parent, 0) + 1)
            edges += 1
    return edges


def main() -> int:
    """Measure, print one JSON line, return 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small tree, one run, no target judged")
    quick = parser.parse_args().quick
    runs, size, asked = (1, 2_000, 50) if quick else (3, 100_000, 2_000)
    nodes = tree(size, seed=5)
    everything, walking, single = [], [], []
    for _ in range(runs):
        started = time.perf_counter()
        found = effective(nodes)
        everything.append(time.perf_counter() - started)
        started = time.perf_counter()
        walk(nodes)
        walking.append(time.perf_counter() - started)
    names = random.Random(6).sample(sorted(nodes), asked)
    for name in names:
        started = time.perf_counter()
        one = effective_of(name, nodes)
        single.append(time.perf_counter() - started)
        if one != found[name]:
            raise SystemExit(f"{name} alone differs from {name} among all")
    single.sort()
    figures = [
        ("one model of 100,000, slowest", single[-1] * 1e3, "ms", 50),
        ("one model of 100,000, median", statistics.median(single) * 1e3, "ms", 50),
        ("all 100,000 models", statistics.median(everything), "s", 30),
        ("all, beside a walk over the edges", statistics.median(everything) / statistics.median(walking), "x", None),
    ]
    lines = [
        {"name": name, "value": round(value, 3), "unit": unit, "target": f"<= {target}" if target else "shown only",
         "met": None if quick or target is None else value <= target}
        for name, value, unit, target in figures
    ]  # fmt: skip
    print(json.dumps({"bench": "lineage", "figures": lines}))
    return int(any(line["met"] is False for line in lines))


if __name__ == "__main__":
    began = time.perf_counter()
    code = main()
    print(f"{time.perf_counter() - began:.0f} s in all", file=sys.stderr)
    raise SystemExit(code)
