"""A rule pack as it is written, `assay.rulepack/v1`, read strictly: every key known, every text bounded."""

from __future__ import annotations

import json
import re
from typing import NamedTuple, TypeVar

from assay.canonical import JSON, sha256_hex
from assay.checks.packs.match import Condition, parse_condition
from assay.errors import RulesError
from assay.finding import Axis, Confidence, Rule, RuleId, Severity

__all__ = ["LARGEST", "SCHEMA", "PackRule", "PackSample", "RulePack", "parse_pack"]

SCHEMA = "assay.rulepack/v1"
LARGEST = 256 * 1024
"""Bytes of a `pack.json`."""

_RULES, _SAMPLES, _REFERENCES, _FORMATS = 64, 1000, 20, 20
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_FORMAT = re.compile(r"[a-z0-9-]{1,40}")
_VERSION = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6}){0,3}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LINE, _TEXT = 200, 4000
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\U000e0000-\U000e007f]"
)
"""What commands, hides or reorders, and what no text can be written with: such a text could be in no statement."""
_T = TypeVar("_T", Severity, Confidence)


class PackSample(NamedTuple):
    """A file beside the pack on which a rule is tried."""

    file: str
    """Path below the pack's folder."""
    sha256: str
    path: str
    """Under which name it is read, as a name may decide on the format."""
    matches: bool
    """Whether the rule has to match it, or must not."""


class PackRule(NamedTuple):
    """One rule of a pack."""

    rule: Rule
    confidence: Confidence
    why: str
    fix: str
    references: tuple[str, ...]
    formats: tuple[str, ...]
    """Formats of the observations that it looks at."""
    condition: Condition
    samples: tuple[PackSample, ...]


class RulePack(NamedTuple):
    """What a member contributes, and the very bytes in which it came."""

    id: str
    version: str
    licence: str
    maker: str
    about: str
    rules: tuple[PackRule, ...]
    raw: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of `pack.json` in hex."""
        return sha256_hex(self.raw)


def parse_pack(data: bytes) -> RulePack:
    """Read the bytes of a `pack.json`.

    Raises:
        RulesError: too long, no JSON, or something in it is not as it should be; the message begins with its place.
    """
    if len(data) > LARGEST:
        raise RulesError(f"a rule pack has at most {LARGEST:,} bytes")
    try:
        written = json.loads(data.decode("utf-8"), object_pairs_hook=_once)
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise RulesError(f"the rule pack is no JSON: {error}") from error
    root = _object(written, "pack", {"schema", "id", "version", "licence", "maker", "rules"}, {"about"})
    if root["schema"] != SCHEMA:
        raise RulesError(f"pack.schema: expected {SCHEMA!r}")
    pack = _text(root["id"], "pack.id", most=40, form=_NAME)
    if pack == "assay":
        raise RulesError("pack.id: nobody's pack is called after the program")
    rules = tuple(
        _rule(one, f"pack.rules[{at}]", pack) for at, one in enumerate(_list(root["rules"], "pack.rules", _RULES))
    )
    ids = [one.rule.id for one in rules]
    if not ids or len(set(ids)) != len(ids):
        raise RulesError("pack.rules: no rule, or two with one id")
    return RulePack(
        pack,
        _text(root["version"], "pack.version", form=_VERSION),
        _text(root["licence"], "pack.licence"),
        _text(root["maker"], "pack.maker"),
        _text(root["about"], "pack.about", most=_TEXT) if "about" in root else "",
        rules,
        data,
    )


def _rule(written: JSON, place: str, pack: str) -> PackRule:
    needed = {"id", "title", "what", "why", "fix", "severity", "confidence", "match", "samples"}
    fields = _object(written, place, needed, {"references"})
    space, _, name = _text(fields["id"], f"{place}.id").partition("/")
    if space != pack or not _NAME.fullmatch(name):
        raise RulesError(f"{place}.id: expected {pack}/ and a name of small letters, digits and hyphens")
    match = _object(fields["match"], f"{place}.match", {"formats", "where"})
    formats = tuple(
        _text(one, f"{place}.match.formats", form=_FORMAT)
        for one in _list(match["formats"], f"{place}.match.formats", _FORMATS)
    )
    title = _text(fields["title"], f"{place}.title")
    samples = _list(fields["samples"], f"{place}.samples", _SAMPLES)
    rule = PackRule(
        Rule(RuleId(f"{pack}/{name}"), Axis.SECURE, _choice(fields["severity"], f"{place}.severity", Severity), title),
        _choice(fields["confidence"], f"{place}.confidence", Confidence),
        _text(fields["what"], f"{place}.what", most=_TEXT) + "\n\n" + _text(fields["why"], f"{place}.why", most=_TEXT),
        _text(fields["fix"], f"{place}.fix", most=_TEXT),
        tuple(
            _text(one, f"{place}.references", most=500)
            for one in _list(fields.get("references", []), f"{place}.references", _REFERENCES)
        ),
        formats,
        parse_condition(match["where"], f"{place}.match.where"),
        tuple(_sample(one, f"{place}.samples[{at}]") for at, one in enumerate(samples)),
    )
    if {one.matches for one in rule.samples} != {True, False}:
        raise RulesError(f"{place}.samples: a rule needs a sample that it matches and one that it must not match")
    return rule


def _sample(written: JSON, place: str) -> PackSample:
    fields = _object(written, place, {"file", "sha256", "matches"}, {"path"})
    file = _text(fields["file"], f"{place}.file")
    path = _text(fields.get("path", file.rsplit("/", 1)[-1]), f"{place}.path")
    for name in (file, path):
        if name.startswith("/") or "\\" in name or {"", ".", ".."} & set(name.split("/")):
            raise RulesError(f"{place}: {name!r} is no path below the pack's folder")
    if not isinstance(fields["matches"], bool):
        raise RulesError(f"{place}.matches: expected true or false")
    return PackSample(file, _text(fields["sha256"], f"{place}.sha256", form=_SHA256), path, fields["matches"])


def _once(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise RulesError("the rule pack has a key twice in one object")
    return made


def _object(value: JSON, place: str, needed: set[str], optional: set[str] = frozenset()) -> dict[str, JSON]:  # type: ignore[assignment]
    if not isinstance(value, dict):
        raise RulesError(f"{place}: expected an object")
    missing, more = sorted(needed - value.keys()), sorted(value.keys() - needed - optional)
    if missing or more:
        raise RulesError(f"{place}: {f'{missing[0]!r} is missing' if missing else f'unknown key {more[0]!r}'}")
    return value


def _list(value: JSON, place: str, most: int) -> list[JSON]:
    if not isinstance(value, list) or len(value) > most:
        raise RulesError(f"{place}: expected a list of at most {most:,}")
    return value


def _text(value: JSON, place: str, *, most: int = _LINE, form: re.Pattern[str] | None = None) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > most or (form and not form.fullmatch(value)):
        raise RulesError(f"{place}: expected a text of at most {most:,} characters" + (" in its form" if form else ""))
    if found := _UNSEEN.search(value.replace("\n", "") if most == _TEXT else value):
        raise RulesError(f"{place}: a text that people read has no character U+{ord(found[0]):04X}")
    return value


def _choice(value: JSON, place: str, among: type[_T]) -> _T:
    if not isinstance(value, str) or value not in list(among):
        raise RulesError(f"{place}: expected one of {', '.join(among)}")
    return among(value)
