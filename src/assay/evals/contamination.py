"""Whether a model may have seen a benchmark before: three checks that need no network, each an indication, no proof.

Overlap looks for the samples' word n-grams in the data that the model's lineage names (Brown et al. 2020, appendix C,
use 13 words); a canary is a text that can only come from the benchmark; a perturbed twin has the same questions in
other words or numbers, so that who learned answers by heart does worse on it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from assay.canonical import JSON
from assay.errors import EvaluationError
from assay.evals.manifest import Item
from assay.evals.models import Model, Prompt
from assay.evals.sampling import Sampling
from assay.evals.statistics import Interval, paired_difference, share, wilson
from assay.evals.statistics.clustered import Number
from assay.evals.statistics.intervals import rounded

__all__ = ["Indication", "canary", "canary_completed", "canary_found", "overlap", "twin_drop"]

NGRAM = 13
"""Words that must be the same, one after the other, for a sample to be taken as seen."""
SHORTEST = 8
"""A sample of fewer words is not looked for: it is found everywhere."""
_UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
"""Scripts that put no space between words: there, each character counts as one."""
_WORD = re.compile(f"[{_UNSPACED}]|[^\\W{_UNSPACED}]+")
_CANARY = re.compile(r"assay-canary:[a-z0-9-]{1,100}:[0-9a-f]{32}")


class Indication(NamedTuple):
    """What one check saw."""

    method: str
    value: Decimal
    """Of `overlap` the share of samples that were found, of a canary 1 or 0, of a twin the drop."""
    verdict: str
    """`indicated`, `not-indicated`, or `not-assessable` where there was nothing to look for, or too little."""
    n: int
    """Samples that the check rests on."""
    interval: Interval | None = None
    samples: tuple[str, ...] = ()
    """Ids of the samples that were found."""

    def to_json(self) -> dict[str, JSON]:
        """Return the indication as a JSON object of decimal strings."""
        return {
            "method": self.method,
            "value": str(rounded(self.value)),
            "verdict": self.verdict,
            "n": self.n,
            "ci": None if self.interval is None else self.interval.to_json(),
            "samples": list(self.samples),
        }


def overlap(items: Iterable[Item], documents: Iterable[str], *, n: int = NGRAM) -> Indication:
    """Look for `n` words in a row of each sample's input in `documents`, which are read one after the other.

    Case and punctuation do not count. A sample of fewer words than `n` is looked for whole, one of fewer than 8 not at
    all. Memory grows with the benchmark, not with the documents.

    Raises:
        EvaluationError: `n` is below 8.
    """
    if n < SHORTEST:
        raise EvaluationError(f"{n} words in a row are no sign of a copy", hint=f"Use at least {SHORTEST}.")
    owners: dict[int, dict[str, set[str]]] = {}
    checked = set()
    for item in items:
        words = _words(" ".join(_texts(item.input)))
        if len(words) >= SHORTEST:
            checked.add(item.id)
            size = min(n, len(words))
            for gram in _grams(words, size):
                owners.setdefault(size, {}).setdefault(gram, set()).add(item.id)
    if not checked:
        return Indication("overlap", Decimal(0), "not-assessable", 0)
    found: set[str] = set()
    for document in documents:
        words = _words(document)
        for size, known in owners.items():
            for gram in known.keys() & set(_grams(words, size)):
                found |= known[gram]
    verdict = "indicated" if found else "not-indicated"
    interval = wilson(len(found), len(checked))
    value = share(len(found), len(checked))
    return Indication("overlap", value, verdict, len(checked), interval, tuple(sorted(found)))


def canary(benchmark: str, secret: bytes) -> str:
    """Return the canary of `benchmark` that `secret`, at least 16 random bytes, makes; it goes into every file of data.

    Raises:
        EvaluationError: the secret is too short, or the name is none that a benchmark can have.
    """
    made = f"assay-canary:{benchmark}:{hashlib.sha256(secret).hexdigest()[:32]}"
    if len(secret) < 16 or not _CANARY.fullmatch(made):
        raise EvaluationError(
            "a canary needs the name of a benchmark and 16 bytes", hint="Use secrets.token_bytes(16)."
        )
    return made


def canary_found(text: str, documents: Iterable[str]) -> Indication:
    """Look for the canary `text` in `documents`, in any case and however white space breaks it.

    Raises:
        EvaluationError: the canary has fewer than 16 characters, so that it could stand anywhere.
    """
    wanted = _squeezed(text)
    if len(wanted) < 16:
        raise EvaluationError(f"{text!r:.40} is too short for a canary", hint="Use `canary` to make one.")
    seen = hits = 0
    for document in documents:
        seen += 1
        hits += wanted in _squeezed(document)
    verdict = "not-assessable" if not seen else "indicated" if hits else "not-indicated"
    return Indication("canary", Decimal(int(hits > 0)), verdict, seen)


def canary_completed(text: str, model: Model, *, max_tokens: int = 64) -> Indication:
    """Give the first half of the canary `text` to `model`: who goes on with the next 8 characters has read it.

    Eight hexadecimal digits are guessed once in four billion times. Not to go on shows nothing: a model need not say
    all that it has seen.

    Raises:
        EvaluationError: the canary is not one that `canary` makes, or the model cannot answer.
    """
    if not _CANARY.fullmatch(text):
        raise EvaluationError(
            f"{text!r:.40} is no canary whose end cannot be guessed", hint="Use `canary` to make one."
        )
    said = model.generate([Prompt(text[:-16])], Sampling(max_tokens=max_tokens))[0]
    if said.error is not None:
        raise EvaluationError(f"the model cannot answer: {said.error}")
    hit = said.text.strip().lower().startswith(text[-16:-8])
    return Indication("canary-completion", Decimal(int(hit)), "indicated" if hit else "not-indicated", 1)


def twin_drop(
    original: Mapping[str, Number], twin: Mapping[str, Number], clusters: Mapping[str, str] | None = None
) -> Indication:
    """Compare scores on samples with those on their perturbed twins, by sample id; higher is better.

    A drop whose interval, of level 0.95, lies above zero indicates that answers were learned and not the task; or that
    the twin is harder, which a model that cannot have seen either tells apart.

    Raises:
        EvaluationError: the two do not have the same ids, or there are none.
    """
    if original.keys() != twin.keys():
        odd = sorted(original.keys() ^ twin.keys())
        raise EvaluationError(f"the sample {odd[0]!r} has no twin", hint="Score the same samples of both.")
    ids = sorted(original)
    groups = None if clusters is None else [clusters.get(one, one) for one in ids]
    found = paired_difference([original[one] for one in ids], [twin[one] for one in ids], groups)
    verdict = "not-assessable"
    if found.bounds is not None:
        verdict = "indicated" if found.bounds.low > 0 else "not-indicated"
    return Indication("perturbed-twin", found.value, verdict, found.n, found.interval)


def _texts(value: JSON) -> list[str]:
    """Return all texts in `value`, such as those of a conversation."""
    if isinstance(value, str):
        return [value]
    inner: Sequence[JSON] = (
        value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    )
    return [text for one in inner for text in _texts(one)]


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _grams(words: Sequence[str], size: int) -> Iterable[str]:
    return (" ".join(words[at : at + size]) for at in range(len(words) - size + 1))


def _squeezed(text: str) -> str:
    return "".join(text.casefold().split())
