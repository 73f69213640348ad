"""Lists of models, datasets and spaces that the caller may see: searched, filtered, sorted, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, tuple_
from starlette.responses import Response

from assay.canonical import JSON
from assay.errors import RequestError, UsageError
from assay.hub.answers import json_answer, next_link
from assay.hub.call import Call
from assay.hub.repo_facts import LISTED, RepoFacts, asked_fields
from assay.hub.routing import Needs, Route
from assay.store.git.objects import Oid
from assay.store.git.reading import CommitRow
from assay.store.listings import MAIN, Card
from assay.store.repos import Repo, RepoType
from assay.store.tables import git_commit, listing, ref, repo

__all__ = ["routes"]

_PAGE = 1000
_FULL_PAGE = 100
_MOST_TERMS = 20
_LONGEST_TERM = 200
_TAGGED = 10_000
"""Repos whose tags are gathered, newest first."""

_NEWEST = listing.c.updated
_SORTS = {
    "lastModified": _NEWEST,
    "createdAt": repo.c.id,
    # Nothing of this is counted, so they are all alike.
    **dict.fromkeys(("downloads", "likes", "trendingScore"), _NEWEST),
}
"""What the clients sort by; the last in order come first."""
_LISTS = {f"/api/{type_}s": type_ for type_ in RepoType}
_TAG_LISTS = {f"{path}-tags-by-type": type_ for path, type_ in _LISTS.items()}
_UNKNOWN_FILTERS = ("num_parameters", "inference", "inference_provider", "apps")


def repos(call: Call) -> Response:
    """Return a page of repos."""
    type_ = _LISTS[call.route.path]
    fields = _fields(call, type_)
    most = _PAGE if set(fields) <= {*LISTED} else _FULL_PAGE
    limit = call.number("limit", most, most)
    sort = call.query("sort") or "lastModified"
    if sort not in _SORTS:
        raise UsageError(f"sort is {sort[:40]!r}, not one of {', '.join(_SORTS)}")
    place = _SORTS[sort]
    query = _visible(call, type_).where(*_filters(call)).order_by(place.desc(), listing.c.repo_id.desc())
    if cursor := call.query("cursor"):
        query = query.where(tuple_(place, listing.c.repo_id) < _place(cursor))
    with call.node.database.read() as connection:
        rows = connection.execute(query.add_columns(place.label("place")).limit(limit + 1)).all()
        found: list[JSON] = [_described(connection, row, fields) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return json_answer(found, headers=next_link(call, cursor=f"{last.place}.{last.id}") if last else None)


def tags_by_type(call: Call) -> Response:
    """Return the tags of what the caller may see, by kind."""
    type_ = _TAG_LISTS[call.route.path]
    newest = _visible(call, type_).order_by(_NEWEST.desc(), listing.c.repo_id.desc()).limit(_TAGGED)
    kinds: dict[str, dict[str, JSON]] = {}
    with call.node.database.read() as connection:
        for row in connection.execute(newest):
            for kind, tag, label in _tags(row):
                kinds.setdefault(kind, {})[tag] = {"id": tag, "label": label, "type": kind}
    return json_answer({kind: [tags[tag] for tag in sorted(tags)] for kind, tags in sorted(kinds.items())})


def _fields(call: Call, type_: RepoType) -> list[str]:
    if expand := call.queries("expand"):
        if call.flag("full"):
            raise UsageError("expand cannot be used together with full")
        return asked_fields(type_, expand)
    more = [*(["siblings"] if call.flag("full") else []), *(["cardData"] if call.flag("cardData") else [])]
    return [*LISTED, *more]


def _visible(call: Call, type_: RepoType) -> Select[*tuple[object, ...]]:
    tip = and_(ref.c.repo_id == repo.c.id, ref.c.name == MAIN)
    commit = and_(git_commit.c.repo_id == repo.c.id, git_commit.c.oid == ref.c.target)
    table = listing.join(repo, listing.c.repo_id == repo.c.id).join(ref, tip).join(git_commit, commit)
    card = (listing.c.title, listing.c.licence, listing.c.task, listing.c.library, listing.c.tags)
    shown = (git_commit.c.oid, git_commit.c.tree, git_commit.c.files, git_commit.c.author, git_commit.c.time)
    # Without an author the rows are walked in the order asked for; by the index of names all would have to be sorted.
    kind = repo.c.type if call.query("author") else repo.c.type.concat("")
    return select(repo, *card, *shown).select_from(table).where(kind == type_.value, call.visible)


def _filters(call: Call) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that the query asks for; each must hold."""
    for name in _UNKNOWN_FILTERS:
        if call.queries(name):
            raise RequestError(400, f"This hub cannot filter by {name}.", hint="Filter by tags instead.")
    for author in _terms(call, "author"):
        yield repo.c.owner == author
    for task in _terms(call, "pipeline_tag"):
        yield listing.c.task == task
    for tag in _terms(call, "filter"):
        yield listing.c.tags.contains(f" {tag} ", autoescape=True)
    for term in _terms(call, "search"):
        full_name = func.lower(repo.c.owner + "/" + repo.c.name)
        yield or_(*(text.contains(term.lower(), autoescape=True) for text in (full_name, listing.c.words)))
    if call.query("gated"):
        yield repo.c.gated.is_not(None) if call.flag("gated") else repo.c.gated.is_(None)


def _terms(call: Call, name: str) -> list[str]:
    terms = [term.strip() for term in call.queries(name) if term.strip()]
    if len(terms) > _MOST_TERMS or any(len(term) > _LONGEST_TERM or "\0" in term for term in terms):
        raise UsageError(f"{name} is given more than {_MOST_TERMS} times, or is too long")
    return terms


def _place(cursor: str) -> tuple[int, int]:
    first, _, second = cursor.partition(".")
    if not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in (first, second)):
        raise UsageError(f"the cursor {cursor[:40]!r} is none that this list gave out")
    return int(first), int(second)


def _described(connection: Connection, row: Row[*tuple[object, ...]], fields: list[str]) -> JSON:
    one = Repo(row.id, RepoType(row.type), row.owner, row.name, row.private, row.created, row.gated)
    commit = CommitRow(Oid(row.oid), None, Oid(row.tree), row.files, row.author, "", row.time, "")
    card = Card(row.title, row.licence, row.task, row.library, tuple(row.tags.split()))
    return RepoFacts(connection, one, commit, card).values(fields)


def _tags(row: Row[*tuple[object, ...]]) -> Iterator[tuple[str, str, str]]:
    """Yield kind, tag and label of each tag of a repo."""
    if row.task:
        yield "pipeline_tag", row.task, row.task
    if row.library:
        yield "library", row.library, row.library
    for tag in islice(row.tags.split(), 100):
        kind, colon, label = tag.partition(":")
        if colon and kind and label:
            yield kind, tag, label
        elif tag not in (row.task, row.library):
            yield "other", tag, tag


routes = [
    *(Route("GET", path, repos, Needs.ANYONE) for path in _LISTS),
    *(Route("GET", path, tags_by_type, Needs.ANYONE) for path in _TAG_LISTS),
]
