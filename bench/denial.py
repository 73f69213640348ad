"""What `assay scan` costs at most when files are made to exhaust it; it never calls clean what it did not read.

    python bench/denial.py [--quick] [--only PATTERN]

Input: each load of `samples/denial/`, a folder of its own, made and removed in turn. Measured: wall seconds of the
command, and memory as the sum over its processes of the largest resident size of each, which is no less than what they
had at any one time. There is no rival: the limits are 5 s and 300 MB for every one. Where something was not read the
axis Secure must not pass, and the command must neither crash nor hang. A load that misses the time is measured once
more, because others may have been at work on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from samples.denial import Load, loads  # noqa: E402 (found beside, not installed)

SECONDS, MEGABYTES = 5.0, 300.0
_LONGEST = 90.0
_PAUSE = 0.004
_QUICK = 60


class Cost(NamedTuple):
    """What one scan took and said."""

    wall: float
    peak: float
    """In MB of 10^6 bytes."""
    code: int
    secure: str
    """Outcome of the axis Secure; `refused` where the command said why it does not begin, `error` where it broke."""
    unread: int
    """How many files were not read, or not to the end."""
    said: str

    @property
    def honest(self) -> bool:
        """Whether the answer is one, and nothing unread is called clean."""
        return self.secure != "error" and not (self.secure == "pass" and self.unread)


def scan(folder: Path) -> Cost:
    """Run the command on `folder` and watch it and its children."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "assay", "scan", str(folder), "--format", "json"]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command, stdout=out, stderr=err)
        peaks: dict[int, int] = {}
        while process.poll() is None:
            for pid in tree(process.pid):
                peaks[pid] = peak(pid) or peaks.get(pid, 0)
            if time.perf_counter() - started > _LONGEST:
                for pid in reversed(list(tree(process.pid))):
                    os.kill(pid, 9)
            time.sleep(_PAUSE)
        wall = time.perf_counter() - started
        out.seek(0)
        err.seek(0)
        return _cost(wall, sum(peaks.values()) / 1e6, process.returncode, out.read(), err.read())


def _cost(wall: float, peak_: float, code: int, out: bytes, err: bytes) -> Cost:
    try:
        answer = json.loads(out)
    except ValueError:
        words = " ".join(err.decode("utf-8", "replace").split())
        refused = code == 2 and words.startswith("assay: ") and "could not judge" not in words
        return Cost(wall, peak_, code, "refused" if refused else "error", 0, words[-300:])
    failing = [f"{one['rule']}: {one['message']}" for one in answer["findings"] if one["outcome"] == "fail"]
    unread = [f"{one['file']}: {one['reason']}" for one in answer["not_judged"]]
    said = "; ".join([*unread[:1], *failing[:2]])[:300]
    return Cost(wall, peak_, code, answer["axes"]["secure"]["outcome"], len(unread), said)


def tree(pid: int) -> Iterator[int]:
    """Yield `pid` and all its descendants."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except OSError:
        return
    for child in children:
        yield from tree(int(child))


def peak(pid: int) -> int:
    """Return the largest resident size that `pid` had, in bytes; 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    except OSError:
        return 0
    found = status.partition("VmHWM:")[2].split(None, 1)
    return int(found[0]) * 1024 if found else 0


def measure(load: Load, root: Path) -> Cost:
    """Make `load`, scan it, and remove it."""
    folder = root / load.name
    folder.mkdir()
    load.make(folder)
    cost = scan(folder)
    if SECONDS < cost.wall < 2 * SECONDS:
        cost = min(cost, scan(folder))
    subprocess.run(["rm", "-rf", str(folder)], check=True)  # goes deeper than Python
    return cost


def main() -> int:
    """Measure, print one JSON line, return 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"every {_QUICK}th load, no target judged")
    parser.add_argument("--only", metavar="PATTERN", help="loads whose name begins so, no target judged")
    arguments = parser.parse_args()
    chosen = list(loads())
    if arguments.quick:
        chosen = chosen[::_QUICK]
    elif arguments.only:
        chosen = [one for one in chosen if re.match(arguments.only, one.name)]
    costs = {}
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        for one in chosen:
            costs[one.name] = cost = measure(one, Path(name))
            bad = "" if cost.wall <= SECONDS and cost.peak <= MEGABYTES and cost.honest else "  <--"
            print(f"{one.name:<32}{cost.wall:7.2f} s{cost.peak:8.0f} MB  {cost.secure:<8}{cost.said[:90]}{bad}",
                  file=sys.stderr)  # fmt: skip
    slow = [name for name, cost in costs.items() if cost.wall > SECONDS]
    large = [name for name, cost in costs.items() if cost.peak > MEGABYTES]
    wrong = [name for name, cost in costs.items() if not cost.honest]
    for what, names in (("too slow", slow), ("too large", large), ("crashed, or clean though unread", wrong)):
        if names:
            print(f"{what}: {', '.join(names)}", file=sys.stderr)
    partly = arguments.quick or arguments.only is not None
    rows = [
        ("slowest load", max(cost.wall for cost in costs.values()), "s", f"<= {SECONDS:g}", not slow),
        ("largest load", max(cost.peak for cost in costs.values()), "MB", f"<= {MEGABYTES:g}", not large),
        ("crashed, or clean though unread", len(wrong), f"of {len(costs)}", "<= 0", not wrong),
        ("loads", len(costs), "", ">= 30", len(costs) >= 30),
    ]  # fmt: skip
    lines = [
        {"name": name, "value": round(value, 2), "unit": unit, "target": target, "met": None if partly else met}
        for name, value, unit, target, met in rows
    ]
    print(json.dumps({"bench": "denial", "figures": lines}))
    return int(any(line["met"] is False for line in lines))


if __name__ == "__main__":
    raise SystemExit(main())
