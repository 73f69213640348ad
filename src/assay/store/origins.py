"""What repos were made from and under which terms they stand, in rows, so that trees of models can be asked for.

Every question here is answered from an index, for as many repos as were named and no more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, tuple_

from assay.canonical import JSON
from assay.lineage import lineage
from assay.store.git.rows import batches
from assay.store.repos import Repo, RepoType
from assay.store.tables import former_name, made_from, origin, repo

__all__ = ["DATA", "Origin", "Source", "children_of", "licences_held", "origins_of", "record", "repos_named", "under"]

DATA = "data"
"""The relation to a dataset that a model was trained on."""
_LONGEST = 200
_MOST_DATASETS = 200
_MOST_NAMES = 50

_Seen = ColumnElement[bool]
"""A condition on rows of `repo`: who asks may read them."""
_REPO = (repo.c.id, repo.c.type, repo.c.owner, repo.c.name, repo.c.private, repo.c.created, repo.c.gated)


class Source(NamedTuple):
    """One model or dataset that a repo was made from."""

    type: RepoType
    name: str
    """As the repo says it."""
    relation: str
    """`finetune`, `merge`, `adapter`, `quantized`, `distillation`, `data`, or empty when it was not said."""
    terms: JSON
    """What is known of its licence by its name alone; None for nothing."""

    @property
    def key(self) -> str:
        """The name as repos are found by it."""
        return self.name.lower()


class Origin(NamedTuple):
    """Terms of a repo, and what it was made from."""

    terms: JSON
    """The fact `licence` of the assessment that decides; None where nobody judged it."""
    sources: tuple[Source, ...]


def record(connection: Connection, facts: Mapping[int, Mapping[str, JSON]]) -> None:
    """Write the rows of repos anew from the facts of the assessments that decide, by repo; empty ones for none."""
    origins, sources = [], []
    for repo_id, known in facts.items():
        if known:
            terms = known.get("licence")
            id_ = terms.get("id") if isinstance(terms, dict) else None
            origins.append({"repo_id": repo_id, "licence": _text(id_) or None, "terms": json.dumps(terms)})
            sources += [
                {"repo_id": repo_id, "position": position, "type": one.type.value, "key": one.key, "name": one.name,
                 "relation": one.relation, "terms": json.dumps(one.terms)}
                for position, one in enumerate(_sources(known))
            ]  # fmt: skip
    for table, rows in ((origin, origins), (made_from, sources)):
        for batch in batches(sorted(facts)):
            connection.execute(delete(table).where(table.c.repo_id.in_(batch)))
        if rows:
            connection.execute(insert(table), rows)


def origins_of(connection: Connection, repo_ids: Iterable[int]) -> dict[int, Origin]:
    """Return terms and sources of each repo; what was never judged has no terms."""
    wanted = sorted(set(repo_ids))
    terms: dict[int, JSON] = {}
    sources: dict[int, list[Source]] = {}
    for batch in batches(wanted):
        rows = select(origin.c.repo_id, origin.c.terms).where(origin.c.repo_id.in_(batch))
        terms.update((row.repo_id, json.loads(row.terms)) for row in connection.execute(rows))
        listed = select(made_from).where(made_from.c.repo_id.in_(batch))
        for row in connection.execute(listed.order_by(made_from.c.repo_id, made_from.c.position)):
            found = Source(RepoType(row.type), row.name, row.relation, json.loads(row.terms))
            sources.setdefault(row.repo_id, []).append(found)
    return {one: Origin(terms.get(one), tuple(sources.get(one, ()))) for one in wanted}


def repos_named(connection: Connection, seen: _Seen, type_: RepoType, keys: Iterable[str]) -> dict[str, Repo]:
    """Return the repos of these names (lower case), by name; also by a name that a repo had before it was moved.

    One that the caller may not read is left out, as if it were not there.
    """
    found: dict[str, Repo] = {}
    wanted = sorted({key for key in keys if key.count("/") == 1})
    for batch in batches(wanted):
        rows = select(*_REPO, repo.c.key).where(repo.c.type == type_.value, repo.c.key.in_(batch), seen)
        found.update((row.key, _repo(row)) for row in connection.execute(rows))
    for batch in batches([key for key in wanted if key not in found]):
        before = tuple_(former_name.c.owner, former_name.c.name).in_([tuple(key.split("/")) for key in batch])
        rows = select(*_REPO, former_name.c.owner.label("was"), former_name.c.name.label("named")).join(
            former_name, former_name.c.repo_id == repo.c.id
        )
        for row in connection.execute(rows.where(former_name.c.type == type_.value, before, seen)):
            found[f"{row.was}/{row.named}"] = _repo(row)
    return found


def children_of(
    connection: Connection, seen: _Seen, one: Repo, *, limit: int, after: int | None = None
) -> tuple[list[Repo], int | None]:
    """Return up to `limit` repos that say they were made from `one`, newest first, and where the next page begins."""
    names = [one.full_name.lower()]
    before = select(former_name.c.owner, former_name.c.name).where(former_name.c.repo_id == one.id)
    names += [f"{row.owner}/{row.name}" for row in connection.execute(before.limit(_MOST_NAMES))]
    found: dict[int, Repo] = {}
    for name in names:
        query = select(*_REPO).join(made_from, made_from.c.repo_id == repo.c.id)
        query = query.where(made_from.c.type == one.type.value, made_from.c.key == name, repo.c.id != one.id, seen)
        if after is not None:
            query = query.where(made_from.c.repo_id < after)
        rows = connection.execute(query.order_by(made_from.c.repo_id.desc()).limit(limit + 1))
        found.update((row.id, _repo(row)) for row in rows)
    newest = [found[id_] for id_ in sorted(found, reverse=True)]
    return newest[:limit], newest[limit - 1].id if len(newest) > limit else None


def licences_held(connection: Connection, seen: _Seen, *, most: int) -> dict[str, int]:
    """Return each licence that repos here come to and how many, at most `most` of each, are counted.

    The licences are hopped to along the index, however many repos there are of each.
    """
    found: dict[str, int] = {}
    first = select(func.min(origin.c.licence))
    name = connection.execute(first).scalar_one()
    while name is not None:
        held = select(origin.c.repo_id).select_from(origin.join(repo, repo.c.id == origin.c.repo_id))
        capped = held.where(origin.c.licence == name, seen).limit(most).subquery()
        count = connection.execute(select(func.count()).select_from(capped)).scalar_one()
        if count:
            found[name] = count
        name = connection.execute(first.where(origin.c.licence > name)).scalar_one()
    return found


def under(
    connection: Connection, seen: _Seen, licence: str, *, limit: int, after: int | None = None
) -> tuple[list[Repo], int | None]:
    """Return up to `limit` repos that come to a licence, newest first, and where the next page begins."""
    query = select(*_REPO).join(origin, origin.c.repo_id == repo.c.id).where(origin.c.licence == licence, seen)
    if after is not None:
        query = query.where(origin.c.repo_id < after)
    rows = [_repo(row) for row in connection.execute(query.order_by(origin.c.repo_id.desc()).limit(limit + 1))]
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def _sources(facts: Mapping[str, JSON]) -> Iterator[Source]:
    for parent in lineage(facts.get("lineage")).parents:
        if name := _text(parent.name):
            yield Source(RepoType.MODEL, name, _text(parent.relation), parent.licence)
    for one in _datasets(facts.get("training_data")):
        if name := _text(one.get("name")):
            id_ = one.get("licence")
            yield Source(RepoType.DATASET, name, DATA, {"id": id_} if isinstance(id_, str) else None)


def _datasets(fact: JSON) -> Sequence[dict[str, JSON]]:
    listed = fact.get("datasets") if isinstance(fact, dict) else None
    return [one for one in listed if isinstance(one, dict)][:_MOST_DATASETS] if isinstance(listed, list) else []


def _text(value: JSON) -> str:
    return " ".join(value.replace("\0", " ").split())[:_LONGEST] if isinstance(value, str) else ""


def _repo(row: JSON) -> Repo:
    return Repo(row.id, RepoType(row.type), row.owner, row.name, row.private, row.created, row.gated)
