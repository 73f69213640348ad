"""Runs every benchmark beside this file and writes `docs/reference/benchmarks.md` from what they print.

    python bench/all.py [--quick]

With `--quick` nothing is judged and nothing written: it only shows that each one runs.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "reference" / "benchmarks.md"
HEAD = """\
# Benchmarks

Written by `make bench`; each script in `bench/` makes its own inputs and measures its rival or limit in the same run.
Ratios carry over to other machines, absolute times do not.

Measured {date} on {machine}, Python {python}.
"""


def run(script: Path, *, quick: bool) -> dict[str, object]:
    """Run one benchmark and return the JSON of its last line."""
    print(f"{script.name} …", file=sys.stderr)
    command = [sys.executable, str(script), *(["--quick"] if quick else [])]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1) or not done.stdout.strip():
        raise SystemExit(f"{script.name} exited with {done.returncode} and gave no figures")
    result: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def section(script: Path, result: dict[str, object]) -> str:
    """Return one benchmark as Markdown."""
    lines = [f"\n## {result['bench']}\n", f"`python bench/{script.name}`\n", "| figure | value | target | met |",
             "| --- | --- | --- | --- |"]  # fmt: skip
    for figure in result["figures"]:
        met = {True: "yes", False: "**no**", None: ""}[figure["met"]]
        lines.append(f"| {figure['name']} | {figure['value']} {figure['unit']} | {figure['target'] or ''} | {met} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run all; return 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    scripts = sorted(path for path in HERE.glob("*.py") if path.name != "all.py")
    results = [(script, run(script, quick=quick)) for script in scripts]
    if not quick:
        machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
        today = dt.datetime.now(tz=dt.UTC).date().isoformat()
        head = HEAD.format(date=today, machine=machine, python=platform.python_version())
        PAGE.write_text(head + "".join(section(script, result) for script, result in results), "utf-8")
    for _, result in results:
        print(json.dumps(result))
    return int(any(figure["met"] is False for _, result in results for figure in result["figures"]))


if __name__ == "__main__":
    raise SystemExit(main())
