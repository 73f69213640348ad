"""Where the templates of a revision stand, and what Jinja does with their words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from assay.artifact.revision import Revision, Seen
from assay.artifact.text.jinja import Part, Token, parts
from assay.canonical import JSON

__all__ = ["Template", "folded", "is_template_file", "parsed", "templates"]


class Template(NamedTuple):
    """One template of a revision."""

    seen: Seen
    where: str
    """`key chat_template` or empty, for a file that is a template."""
    text: str | None
    """None where it is too long to be kept."""

    def at(self, line: int) -> str | None:
        """Return the location of a finding at a line of the template."""
        return self.seen.at(f"{self.where}, line {line}" if self.where else f"line {line}")


def templates(revision: Revision) -> Iterator[Template]:
    """Yield every chat template: in JSON and YAML keys that end with `template`, in files of Jinja, in GGUF."""
    for seen in revision.seen():
        for path, key, value in seen.facts.get("loader_keys", ()):
            if str(key).endswith("template"):
                yield from _of_key(seen, f"key {path}", value)
        if seen.observation.format == "text" and is_template_file(seen.place):
            yield Template(seen, "", seen.facts.get("text"))
        yield from _of_gguf(seen)


def is_template_file(place: str) -> bool:
    """Say whether a file of this name is a template."""
    name = place.lower()
    return name.endswith((".jinja", ".jinja2", ".j2")) or "chat_template" in name.rsplit("/", 1)[-1]


def _of_key(seen: Seen, where: str, value: JSON) -> Iterator[Template]:
    match value:
        case str():
            yield Template(seen, where, value)
        case {"str": int()}:
            yield Template(seen, where, None)
        case list():
            for item in value:
                yield from _of_key(seen, where, item.get("template") if isinstance(item, dict) else item)
        case dict():
            for item in value.values():
                yield from _of_key(seen, where, item)


def _of_gguf(seen: Seen) -> Iterator[Template]:
    given = seen.facts.get("chat_templates")
    if seen.observation.format != "gguf":
        return
    for item in given.values() if isinstance(given, dict) else given if isinstance(given, list) else []:
        text = item.get("template", item.get("text")) if isinstance(item, dict) else item
        if isinstance(text, str):
            yield Template(seen, "key tokenizer.chat_template", text)


def parsed(text: str) -> list[Part]:
    """Return the parts of a template; of a text without Jinja in it, none."""
    return list(parts(text)) if "{{" in text or "{%" in text else []


def folded(tokens: tuple[Token, ...]) -> Iterator[str]:
    """Yield each string of an expression, strings that are put together by `~`, `+`, `*` or join as one."""
    run: list[str] = []
    expecting = True
    for index, token in enumerate(tokens):
        if token.kind == "string":
            if not expecting:
                yield "".join(run)
                run = []
            run.append(token.value)
            expecting = False
        elif token.value == "*" and run and index + 1 < len(tokens) and tokens[index + 1].value.isdigit():
            run[-1] *= min(int(tokens[index + 1].value[:2]), 16)
        elif token.value in ("~", "+", ","):
            expecting = True
        elif token.kind != "number" and token.value not in ("(", ")", "[", "]"):
            if run:
                yield "".join(run)
            run, expecting = [], True
    if run:
        yield "".join(run)
