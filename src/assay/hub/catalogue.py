"""Which repos a list shows: those the caller may see, narrowed by type, words, licence and axes, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, func, select, tuple_

from assay.canonical import JSON
from assay.errors import UsageError
from assay.finding import AXES, Outcome
from assay.hub.accounts.roles import Visible
from assay.store.repos import Repo, RepoType
from assay.store.tables import listing, repo

__all__ = ["Cursor", "Facets", "Wanted", "facets", "find"]

_WORDS = 10
_LICENCES = 12
_DIGITS = 15


class Cursor(NamedTuple):
    """The last row of a page, after which the next one begins."""

    updated: int
    """Seconds since 1970."""
    repo_id: int

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        """Read what `str` wrote; None where there is nothing.

        Raises:
            UsageError: it is none of ours.
        """
        if not text:
            return None
        parts = text.split("-")
        if len(parts) != len(cls._fields) or not all(part.isascii() and part.isdigit() for part in parts):
            raise UsageError(f"{text[:40]!r} is no place in this list", hint="Begin at its first page.")
        return cls(*(int(part[:_DIGITS]) for part in parts))

    def __str__(self) -> str:
        return f"{self.updated}-{self.repo_id}"


class Wanted(NamedTuple):
    """What a list is narrowed to."""

    type: RepoType | None = None
    words: str = ""
    licence: str = ""
    axes: Mapping[str, str] = {}
    """Outcome by axis."""
    owner: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what rows of `repo` and `listing` must meet."""
        found = [listing.c.words.contains(word, autoescape=True) for word in self.words.lower().split()[:_WORDS]]
        if self.type is not None:
            found.append(repo.c.type == self.type.value)
        if self.licence:
            found.append(listing.c.licence == self.licence)
        if self.owner:
            found.append(repo.c.owner == self.owner)
        return found + [listing.c[axis] == outcome for axis, outcome in self.axes.items()]


class Facets(NamedTuple):
    """How many repos of a list there are of each kind."""

    total: int
    axes: dict[str, dict[str, int]]
    """By axis and outcome."""
    licences: dict[str, int]
    """The most frequent ones."""


def find(
    connection: Connection, visible: Visible, wanted: Wanted, *, after: Cursor | None = None, limit: int = 30
) -> tuple[list[dict[str, JSON]], Cursor | None]:
    """Return up to `limit` repos, those changed last first, and where the next page begins."""
    query = select(repo, listing).join(listing, listing.c.repo_id == repo.c.id).where(visible, *wanted.conditions())
    if after is not None:
        query = query.where(tuple_(listing.c.updated, listing.c.repo_id) < tuple_(*after))
    query = query.order_by(listing.c.updated.desc(), listing.c.repo_id.desc()).limit(limit + 1)
    rows = connection.execute(query).all()
    more = Cursor(rows[limit - 1].updated, rows[limit - 1].repo_id) if len(rows) > limit else None
    return [_shown(row) for row in rows[:limit]], more


def facets(connection: Connection, visible: Visible, wanted: Wanted) -> Facets:
    """Count what a list holds."""
    joined = repo.join(listing, listing.c.repo_id == repo.c.id)
    where = (visible, *wanted.conditions())
    cells = [(axis.value, outcome.value) for axis in AXES for outcome in Outcome]
    sums = [func.count().filter(listing.c[axis] == outcome) for axis, outcome in cells]
    total, *counts = connection.execute(select(func.count(), *sums).select_from(joined).where(*where)).one()
    by_axis: dict[str, dict[str, int]] = {axis.value: {} for axis in AXES}
    for (axis, outcome), count in zip(cells, counts, strict=True):
        by_axis[axis][outcome] = count
    number = func.count().label("number")
    licences = select(listing.c.licence, number).select_from(joined).where(*where, listing.c.licence.is_not(None))
    frequent = licences.group_by(listing.c.licence).order_by(number.desc(), listing.c.licence).limit(_LICENCES)
    return Facets(total, by_axis, {row.licence: row.number for row in connection.execute(frequent)})


def _shown(row: Row[tuple[object, ...]]) -> dict[str, JSON]:
    one = Repo(row.id, RepoType(row.type), row.owner, row.name, row.private, row.created)
    return {
        "name": one.full_name,
        "type": one.type.value,
        "path": one.path,
        "private": one.private,
        "commit": row.commit,
        "updated": row.updated,
        "title": row.title,
        "licence": row.licence,
        "task": row.task,
        "library": row.library,
        "axes": {axis.value: row._mapping[axis.value] for axis in AXES},  # noqa: SLF001  # its public name
    }
