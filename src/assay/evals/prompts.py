"""What a model is asked: a sample's input in the benchmark's template, after the samples that are shown first.

A text is asked as a text; a list of turns, each with `role` and `content`, as a talk. Shown samples end in their
target, parted from it by a space where the template does not end in white space, and from the next by a blank line.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.canonical import JSON
from assay.errors import EvaluationError
from assay.evals.manifest import Item, Suite
from assay.evals.metrics.pair import label
from assay.evals.models import Prompt, Turn

__all__ = ["delimiter", "prompts"]

_ROLES = ("system", "user", "assistant")
_PLACE = "{input}"
_BETWEEN = "\n\n"


def prompts(suite: Suite) -> Iterator[tuple[Item, Prompt]]:
    """Yield each sample with what is asked, in order of id, one at a time.

    Raises:
        EvaluationError: an input is no text and no talk, or a shown sample lacks input or target.
    """
    template = _PLACE if suite.template is None else suite.template
    talks = any(isinstance(item.input, list) for item in suite.items)
    shown = [_shot(row, suite) for row in suite.few_shot]
    if talks:
        first = tuple(turn for asked, said in shown for turn in (*_turns(asked, template), Turn("assistant", said)))
    else:
        lead = "".join(_filled(template, asked) + delimiter(template) + said + _BETWEEN for asked, said in shown)
    for item in suite.items:
        try:
            if talks:
                turns = _placed(first, _turns(item.input, template))
                yield item, Prompt(_BETWEEN.join(turn.content for turn in turns), turns)
            else:
                yield item, Prompt(lead + _filled(template, item.input))
        except ValueError as error:
            raise EvaluationError(
                f"the input of sample {item.id!r} {error}", hint="Write it as docs/reference/evaluation.md has it."
            ) from None


def delimiter(text: str) -> str:
    """Return what parts a prompt from what follows it: a space, or nothing after white space."""
    return "" if not text or text[-1].isspace() else " "


def _filled(template: str, asked: JSON) -> str:
    if not isinstance(asked, str | int) or isinstance(asked, bool):
        raise ValueError("is no text, and no list of turns")  # noqa: TRY004 - said with the sample's id above
    return template.replace(_PLACE, label(asked))


def _turns(asked: JSON, template: str) -> tuple[Turn, ...]:
    if not isinstance(asked, list):
        return (Turn("user", _filled(template, asked)),)
    if not asked or not all(_is_turn(turn) for turn in asked):
        raise ValueError("is no list of turns with role and content")
    return tuple(Turn(turn["role"], turn["content"]) for turn in asked)


def _is_turn(turn: JSON) -> bool:
    keys = isinstance(turn, dict) and turn.keys() == {"role", "content"}
    return keys and turn["role"] in _ROLES and isinstance(turn["content"], str)


def _placed(shown: tuple[Turn, ...], asked: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """Return the talk with what is shown after what the operator says."""
    opening = sum(turn.role == "system" for turn in asked[:1])
    return (*asked[:opening], *shown, *asked[opening:])


def _shot(row: dict[str, JSON], suite: Suite) -> tuple[JSON, str]:
    """Return input and target of a shown sample, whose columns are so called, or as those of the data."""
    fields = suite.manifest.document["data"]["fields"]
    asked, said = (row.get(key, row.get(fields.get(key, key))) for key in ("input", "target"))
    if asked is None or said is None:
        raise EvaluationError(f"{suite.manifest.id}: a few-shot sample needs `input` and `target`", hint="Name both.")
    return asked, label(said)
