"""What lists show of a repo, in one row: its main branch's card as a reader saw it, and the five outcomes.

Written together with it, and whenever it is: what the repo was made from and under which terms (`origins`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from assay.artifact.observe import observation_key
from assay.canonical import JSON
from assay.dossier import ASSESSMENT, Evidence, Said
from assay.dossier.axes import axes
from assay.dossier.evidence import gather
from assay.finding import AXES, Outcome
from assay.store.evidence import Kept, dirhashes_of, predicates_of, said, statements_about_each
from assay.store.git.objects import Oid
from assay.store.git.reading import commit_times
from assay.store.git.refs import tips
from assay.store.git.rows import batches
from assay.store.observations import observed
from assay.store.origins import record
from assay.store.repos import Repo, repos_by_id
from assay.store.tables import envelope, evidence, listing

__all__ = ["MAIN", "Card", "card_of", "refresh", "refresh_signed"]

MAIN = "refs/heads/main"
_LONGEST = 200
_NO_FACTS: Mapping[str, JSON] = MappingProxyType({})
_NONE: Mapping[str, dict[str, JSON]] = MappingProxyType({})
_MOST_TAGS = 100


class Card(NamedTuple):
    """What a README.md says of its repo."""

    title: str = ""
    licence: str | None = None
    task: str | None = None
    library: str | None = None
    tags: tuple[str, ...] = ()
    """As clients filter by them: the card's own, and `license:…`, `base_model:…` and the like; without spaces."""


def refresh(connection: Connection, *repo_ids: int, opened: Mapping[str, dict[str, JSON]] = _NONE) -> None:
    """Write the rows of repos anew from their main branches and evidence; called whenever either changed.

    `opened` are predicates that the caller has, by digest of envelope.

    Raises:
        CorruptError: what is stored does not fit together.
    """
    for batch in batches(sorted(set(repo_ids))):
        _refresh(connection, batch, opened)


def _refresh(connection: Connection, repo_ids: Sequence[int], opened: Mapping[str, dict[str, JSON]]) -> None:
    repos, commits = repos_by_id(connection, repo_ids), tips(connection, repo_ids, MAIN)
    times = commit_times(connection, commits.items())
    told = _told(connection, commits, opened)
    cards = _seen_cards(connection, told)
    rows, facts = [], dict.fromkeys(repo_ids, _NO_FACTS)
    for repo_id in sorted(repos.keys() & commits.keys()):
        said_of = told.get(repo_id)
        heard = gather(said_of[0].subject, said_of) if said_of else None
        if heard is not None:
            facts[repo_id] = heard.facts
        row = {"repo_id": repo_id, "commit": commits[repo_id], "updated": times[repo_id]}
        rows.append(row | _shown(repos[repo_id], cards.get(repo_id, Card())) | _outcomes(heard))
    connection.execute(delete(listing).where(listing.c.repo_id.in_(repo_ids)))
    if rows:
        connection.execute(insert(listing), rows)
    record(connection, facts)


def _shown(repo: Repo, card: Card) -> dict[str, str | None]:
    return {
        "title": card.title,
        "licence": card.licence,
        "task": card.task,
        "library": card.library,
        "tags": f" {' '.join(card.tags)} ",
        "words": _words(repo, card),
    }


def refresh_signed(connection: Connection, keyid: str) -> None:
    """Write the rows of all repos anew of which a key said something; called when it was pinned, or is no longer."""
    signed = envelope.c.signers.contains(keyid, autoescape=True)
    given = select(evidence.c.repo_id).join(envelope, envelope.c.digest == evidence.c.digest).where(signed).distinct()
    refresh(connection, *connection.execute(given).scalars())


def card_of(facts: Mapping[str, JSON]) -> Card:
    """Return what the facts of a card's observation come to; anything may stand in the card itself."""
    front = facts.get("front_matter")
    front = front if isinstance(front, dict) else {}
    headings = facts.get("headings") or [[0, ""]]
    licence = next(_words_in(front.get("license")), None)
    task = next(_words_in(front.get("pipeline_tag")), None)
    library = next(_words_in(front.get("library_name")), None)
    return Card(_text(front.get("pretty_name")) or _text(headings[0][1]), licence, task, library, tuple(_tags(front)))


def _told(
    connection: Connection, commits: Mapping[int, Oid], opened: Mapping[str, dict[str, JSON]]
) -> dict[int, list[Said]]:
    """Return by repo what was said of its commit; of our own assessments only the newest, which replaces the others."""
    named = {(repo_id, dirhash) for (repo_id, _), dirhash in dirhashes_of(connection, commits.items()).items()}
    kept = {repo_id: _standing(found) for (repo_id, _), found in statements_about_each(connection, named).items()}
    known = dict(opened)
    unopened = [one.digest for found in kept.values() for one in found if one.trusted and one.digest not in known]
    known.update(predicates_of(connection, unopened))
    return {repo_id: said(connection, found, known) for repo_id, found in kept.items()}


def _standing(kept: Sequence[Kept]) -> list[Kept]:
    ours = [one for one in kept if one.own and one.predicate_type == ASSESSMENT]
    replaced = {one.digest for one in sorted(ours, key=lambda one: one.attempt is None)[1:]}
    return [one for one in kept if one.digest not in replaced]


def _seen_cards(connection: Connection, told: Mapping[int, Sequence[Said]]) -> dict[int, Card]:
    keys = {}
    for repo_id, found in told.items():
        assessment = next((one for one in found if one.own and one.predicate_type == ASSESSMENT), None)
        files = assessment.predicate["files"] if assessment else []
        sha256 = next((file["sha256"] for file in files if file["path"] == "README.md"), None)
        if sha256 is not None:
            keys[repo_id] = observation_key(sha256, "card")
    seen = observed(connection, keys.values())
    return {repo_id: card_of(seen[key].facts) for repo_id, key in keys.items() if key in seen}


def _outcomes(heard: Evidence | None) -> dict[str, str]:
    if heard is None:
        return {axis.value: Outcome.UNKNOWN.value for axis in AXES}
    return {state.axis.value: state.outcome.value for state in axes(heard)}


def _tags(front: Mapping[str, JSON]) -> Iterator[str]:
    named = (("library_name", ""), ("pipeline_tag", ""), ("tags", ""), ("language", ""), ("license", "license:"),
             ("datasets", "dataset:"), ("base_model", "base_model:"))  # fmt: skip
    found = dict.fromkeys(prefix + word for key, prefix in named for word in _words_in(front.get(key)))
    yield from list(found)[:_MOST_TAGS]


def _words_in(value: JSON) -> Iterator[str]:
    """Yield the texts in a value of a card, which may be one or a list, each as one word."""
    for item in value[:_MOST_TAGS] if isinstance(value, list) else [value]:
        word = "-".join(_text(item).split())
        if word:
            yield word


def _words(repo: Repo, card: Card) -> str:
    parts = (repo.owner, repo.name, card.title, card.licence, card.task, card.library, *card.tags)
    return " ".join(part for part in parts if part).lower()


def _text(value: JSON) -> str:
    return " ".join(value.replace("\0", " ").split())[:_LONGEST] if isinstance(value, str) else ""
