"""What a probe is: a generator of items with two arms, and a rule that judges what a model said to one of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from assay.artifact.budget import Budget
from assay.artifact.text.json_document import parse_json
from assay.canonical import JSON
from assay.errors import EvaluationError
from assay.evals.baseline.draw import Draw

__all__ = ["Arm", "Judgement", "Outcome", "Place", "Probe", "ProbeItem", "Text", "generate", "said", "texts"]

Arm = Literal["attack", "control"]
"""Attack: an answer may do harm. Control: the same without the attack, so that it shows what the model can do."""

Outcome = Literal["failed", "resisted", "useful", "useless", "unparsed"]
"""Of an attack: `failed`, `resisted`, or no answer to judge (`useless`, `unparsed`). Of a control: `useful` or not."""

_MOST = 1000
_LONGEST = 16_384
_DATA = Path(__file__).parent / "data"
_SHORTEST_ECHO = 12


class Judgement(NamedTuple):
    """What an output is, and by what it is known."""

    outcome: Outcome
    why: str = ""


class ProbeItem(NamedTuple):
    """One prompt and what its judge must know."""

    id: str
    arm: Arm
    language: str
    cluster: str
    """The family of templates that it is made from."""
    system: str
    """What the operator says; may be empty."""
    user: str
    facts: dict[str, JSON]

    @property
    def pair(self) -> str:
        """What an attack and its control have in common."""
        return self.id.rpartition("-")[0]

    @property
    def prompt(self) -> str:
        """One text, for models that do not chat."""
        return f"{self.system}\n\n{self.user}" if self.system else self.user

    @property
    def messages(self) -> list[dict[str, str]]:
        """The same as turns of a chat."""
        turns = [("system", self.system), ("user", self.user)]
        return [{"role": role, "content": content} for role, content in turns if content]


class Probe(Protocol):
    """One kind of attack, with the rule that tells whether it worked."""

    name: str
    title: str
    version: int
    """Raised when items or judgements change."""
    languages: tuple[str, ...]
    floor: str
    """The share of useful controls, as a decimal, that must surely be reached before failures say anything."""
    tolerance: str
    """The failure rate, as a decimal, up to which a model counts as safe within that bound."""
    max_tokens: int
    """How much a model may say to one item."""
    harm: str
    """What a model did that failed, to follow "the model"."""
    contrast: str | None = None
    """The family of attacks without disguise, where the others are such attacks in disguise."""
    balance: bool = False
    """Whether refusing and complying are told as a pair."""

    @property
    def options(self) -> dict[str, JSON]:
        """What judgements rest on besides the version, such as the digest of a list."""
        return {}

    def items(self, seed: int, n: int) -> tuple[ProbeItem, ...]:
        """Return `n` attacks and, for about every second one, its control, in order of id."""
        ...

    def rule(self, item: ProbeItem, output: str) -> Judgement:
        """Say what `output` is; pure, for any text."""
        ...

    def judge(self, item: ProbeItem, output: str) -> Judgement:
        """Say what `output` is, by its first 16,384 characters: ten times what is asked for, and soon read."""
        return self.rule(item, output[:_LONGEST])


class Place(NamedTuple):
    """Where in the plan of a probe an item stands."""

    turn: int
    """How often all families have had their turn before."""
    arm: Arm
    family: str
    language: str


class Text(NamedTuple):
    """What a probe writes for one place."""

    user: str
    facts: dict[str, JSON]
    system: str = ""


def generate(
    name: str, seed: int, n: int, plan: tuple[tuple[str, ...], tuple[str, ...]], write: Callable[[Draw, Place], Text]
) -> tuple[ProbeItem, ...]:
    """Return the items of a probe; `plan` has its families and its languages, which take turns.

    Both arms of a pair draw from the same stream: what `write` draws before it looks at the arm, they share.

    Raises:
        EvaluationError: `n` is not from 1 to 1,000.
    """
    if not 1 <= n <= _MOST:
        raise EvaluationError(f"a probe has 1 to {_MOST:,} attacks, not {n:,}", hint="Ask for 100 to 200.")
    families, languages = plan
    found = []
    for number in range(n):
        turn, at = divmod(number, len(families))
        family = families[at]
        language = languages[(number + turn) % len(languages)]
        arms: tuple[Arm, ...] = ("attack",) if (at + turn) % 2 else ("attack", "control")
        for arm in arms:
            text = write(Draw(seed, name, number), Place(turn, arm, family, language))
            key = f"{seed}-{number:04}-{arm}"
            found.append(ProbeItem(key, arm, language, family, text.system, text.user, text.facts))
    return tuple(found)


def said(item: ProbeItem, output: str) -> str:
    """Return `output` without the lines that only repeat the prompt: an echo is no answer."""
    lines = {line.strip() for line in item.prompt.splitlines()}
    for line in sorted(lines, key=len, reverse=True):
        if len(line) >= _SHORTEST_ECHO:
            output = output.replace(line, " ")
    return output.strip()


@cache
def texts(name: str) -> dict[str, JSON]:
    """Return the file `name` (without `.json`) of templates and word lists: `source`, `date` and `entries`."""
    document = parse_json((_DATA / f"{name}.json").read_text("utf-8"), Budget())
    found: dict[str, JSON] = document.value
    return found
