"""A round: several evaluators run the same thing, all commit, then all reveal; here is told whose part counts.

Before and after are places in the log, never clocks. A commitment counts only if it stands before the first reveal of
its round, because whoever comes later could have copied; and a key that commits twice counts for nothing, because it
could show whichever fits. What the reader did themselves needs no log: they know that they ran it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from assay.canonical import JSON
from assay.errors import StatementError
from assay.evals.reproduction.agreement import MARGIN
from assay.evals.reproduction.conditions import conditions, round_id
from assay.evals.reproduction.leaves import AnswerLeaf, leaves_of, plain_root
from assay.evals.reproduction.sealing import Binding, sealed_root, verify_reveal
from assay.statements.evidence import VerifiedStatement
from assay.statements.fields import Field
from assay.statements.predicates import commitment, result, reveal
from assay.statements.statement import Statement, Subject, revision_subjects

__all__ = ["Contribution", "Placed", "Round", "commit", "gather", "open_up"]


class Placed(NamedTuple):
    """A statement whose signature holds, and where it stands."""

    said: VerifiedStatement
    place: int | None = None
    """Of its leaf in the log, from 0; None when it is in none that the reader goes by."""
    own: bool = False
    """Whether the reader made it."""

    @property
    def predicate(self) -> dict[str, JSON]:
        """What is said."""
        return self.said.statement.predicate

    def is_a(self, predicate_type: str) -> bool:
        """Whether it is of this type."""
        return self.said.statement.predicate_type == predicate_type


class Contribution(NamedTuple):
    """What one evaluator brought into a round, by the rules."""

    keyid: str
    result: Placed
    leaves: tuple[AnswerLeaf, ...]
    commitment: Placed
    margin: Decimal
    """Declared before anything was revealed."""


class Round(NamedTuple):
    """A round as far as it got."""

    id: str
    contributions: tuple[Contribution, ...]
    """In order of key ids."""
    withheld: tuple[str, ...]
    """Ids of keys that committed and never revealed, in order."""
    aside: tuple[str, ...]
    """What counts for nothing, and why, in one sentence each."""


def commit(
    predicate: dict[str, JSON],
    leaves: Sequence[AnswerLeaf],
    *,
    keyid: str,
    opened_by: str,
    salt: bytes,
    margin: Decimal = MARGIN,
) -> Statement:
    """Return the commitment to the result `predicate` and its leaves, to be signed by the key `keyid` and logged.

    Raises:
        StatementError: the leaves are not those of the result, the salt has not 32 bytes, or the model is asked at an
            address.
    """
    if plain_root(leaves) != predicate["samples"]["merkle_root"]:
        raise StatementError("the answers are not those of the result", hint="Take the sample log of the same run.")
    if "endpoint" in predicate["model"]:
        raise StatementError(
            "a model that is asked at an address cannot be run by others", hint="Its results stay at logged."
        )
    model = {name: predicate["model"][name] for name in ("dirhash", "weights_digest")}
    key = conditions(predicate)
    id_ = round_id(key, model["weights_digest"], opened_by)
    said: dict[str, JSON] = {
        "round": id_,
        "opened_by": opened_by,
        "conditions": key,
        "model": model,
        "keyid": keyid,
        "samples": len(leaves),
        "root": sealed_root(leaves, Binding(keyid, id_, key), salt),
        "margin": str(margin),
    }
    return Statement(commitment.TYPE, revision_subjects(model["dirhash"], None), said)


def open_up(
    committed: dict[str, JSON], leaves: Sequence[AnswerLeaf], *, commitment_digest: str, result_digest: str, salt: bytes
) -> Statement:
    """Return the reveal that opens the commitment `committed`, whose envelope and result's envelope the digests name.

    Raises:
        VerificationError: these answers and salt do not open it.
    """
    verify_reveal(committed["root"], _binding(committed), salt, leaves)
    said: dict[str, JSON] = {
        "round": committed["round"],
        "commitment": commitment_digest,
        "result": result_digest,
        "salt": salt.hex(),
        "leaves": [leaf.to_json() for leaf in leaves],
    }
    return Statement(reveal.TYPE, (Subject("commitment", {"sha256": commitment_digest}),), said)


def gather(id_: str, placed: Iterable[Placed]) -> Round:
    """Return the round `id_` as the statements `placed` show it; all others are left alone.

    The same statements in any order give the same round.
    """
    known = {one.said.digest: one for one in placed}
    ours = [one for _, one in sorted(known.items()) if one.predicate.get("round") == id_]
    aside: list[str] = []
    committed = _committed([one for one in ours if one.is_a(commitment.TYPE)], aside)
    often = Counter(one.predicate["keyid"] for one in committed.values())
    twice = {keyid for keyid, times in often.items() if times > 1}
    aside += [f"Key {keyid[:12]} committed {often[keyid]} times, so none of it counts." for keyid in sorted(twice)]
    opened: list[_Opened] = []
    for one in ours:
        if one.is_a(reveal.TYPE):
            try:
                opened.append(_Opened(one, _contribution(one, committed, known)))
            except StatementError as error:
                aside.append(f"Reveal {one.said.digest[:12]}: {error}.")
    # What a key revealed that counts for nothing itself could be copied all the same.
    first = min((one.by.place for one in opened if one.by.place is not None), default=None)
    counted: dict[str, Contribution] = {}
    for by, made in opened:
        late = _late(made.commitment, by, first)
        if late:
            aside.append(f"Commitment {made.commitment.said.digest[:12]} by key {made.keyid[:12]} {late}.")
        elif made.keyid not in twice:
            counted[made.keyid] = made
    withheld = often.keys() - {one.made.keyid for one in opened}
    in_order = tuple(made for _, made in sorted(counted.items()))
    return Round(id_, in_order, tuple(sorted(withheld)), tuple(dict.fromkeys(aside)))


class _Opened(NamedTuple):
    by: Placed
    made: Contribution


def _committed(found: Sequence[Placed], aside: list[str]) -> dict[str, Placed]:
    """Return by digest the commitments that their own key signed for this round."""
    held: dict[str, Placed] = {}
    for one in found:
        said = one.predicate
        if said["keyid"] not in one.said.signers:
            aside.append(f"Commitment {one.said.digest[:12]} is not signed by the key that it names.")
        elif said["round"] != round_id(said["conditions"], said["model"]["weights_digest"], said["opened_by"]):
            aside.append(f"Commitment {one.said.digest[:12]} names a round that is not its own.")
        else:
            held[one.said.digest] = one
    return held


def _contribution(shown: Placed, committed: dict[str, Placed], known: dict[str, Placed]) -> Contribution:
    """Return what a reveal brings, after all that must hold whenever it was made.

    Raises:
        StatementError: something does not hold.
    """
    said = shown.predicate
    before, outcome = committed.get(said["commitment"]), known.get(said["result"])
    if before is None:
        raise StatementError("it opens no commitment that counts")
    fixed = before.predicate
    keyid = fixed["keyid"]
    if keyid not in shown.said.signers:
        raise StatementError("it is signed by another key than the commitment")
    if outcome is None or not outcome.is_a(result.TYPE) or keyid not in outcome.said.signers:
        raise StatementError("the result that it names is not here, signed by the same key")
    leaves = leaves_of(Field(said["leaves"], "leaves"))
    verify_reveal(fixed["root"], _binding(fixed), bytes.fromhex(said["salt"]), leaves)
    found = outcome.predicate
    if plain_root(leaves) != found["samples"]["merkle_root"] or conditions(found) != fixed["conditions"]:
        raise StatementError("the result that it names is another than the one committed to")
    if any(found["model"][name] != fixed["model"][name] for name in ("dirhash", "weights_digest")):
        raise StatementError("the result that it names is about another model")
    return Contribution(keyid, outcome, leaves, before, Decimal(fixed["margin"]))


def _late(before: Placed, shown: Placed, first: int | None) -> str:
    """Say why a commitment does not count by its place; empty when it does."""
    if before.own:
        return ""
    if before.place is None or shown.place is None:
        return "is not in the log with its reveal, so nothing shows what came first"
    return "" if first is None or before.place < first else "came after the first reveal, when answers could be copied"


def _binding(committed: dict[str, JSON]) -> Binding:
    return Binding(committed["keyid"], committed["round"], committed["conditions"])
