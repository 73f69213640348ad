"""How far a level of portability is shown: E0 by files, E1 by a run on a CPU, E2 by runs on silicon of two vendors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from assay.canonical import JSON
from assay.dossier.said import Said

__all__ = ["NOT_RUN", "RUN", "Shown", "shown_by"]

RUN = "urn:assay:run:v1"
_UNKNOWN = "unknown"


class Shown(NamedTuple):
    """An evidence grade and the statements that it rests on."""

    grade: str
    statements: tuple[str, ...] = ()
    silicon: tuple[str, ...] = ()
    """Makers of the processors it ran on, sorted."""


NOT_RUN = Shown("E0")
"""What nobody has run is shown by its files alone."""


def shown_by(runs: Iterable[Said]) -> Shown:
    """Return the best grade that `runs`, trusted statements about one revision, give.

    E2 takes two statements about the same weights from processors of different makers, both of which are known:
    one machine never gives it.
    """
    makers: dict[str, dict[str, str]] = {}
    for said in runs:
        weights, maker = _weights(said.predicate), _maker(said.predicate)
        if said.predicate.get("evidence") == "E1" and weights and maker:
            makers.setdefault(weights, {}).setdefault(maker, said.digest)
    best: Sequence[tuple[str, str]] = max((sorted(_known(one)) for one in makers.values()), key=len, default=[])
    if len(best) >= 2:
        return Shown("E2", tuple(digest for _, digest in best), tuple(maker for maker, _ in best))
    first = next((one for one in makers.values()), {})
    return Shown("E1", tuple(first.values()), tuple(sorted(first))) if first else NOT_RUN


def _known(makers: dict[str, str]) -> list[tuple[str, str]]:
    return [(maker, digest) for maker, digest in makers.items() if maker != _UNKNOWN]


def _weights(predicate: dict[str, JSON]) -> str:
    model = predicate.get("model")
    digest = model.get("weights_digest") if isinstance(model, dict) else None
    return digest if isinstance(digest, str) else ""


def _maker(predicate: dict[str, JSON]) -> str:
    environment = predicate.get("environment")
    maker = environment.get("silicon") if isinstance(environment, dict) else None
    return maker if isinstance(maker, str) else ""
