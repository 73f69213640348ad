"""The page of a repo: its card, the five axes, two of them in detail, the verdict, facts, and how to load it."""

from __future__ import annotations

from sqlalchemy import Connection, select
from starlette.responses import Response

from assay.canonical import JSON
from assay.errors import RequestError
from assay.hub.axis_cards import open_card, portable_card
from assay.hub.call import Call
from assay.hub.cards import Base, card_html
from assay.hub.page import page
from assay.hub.routing import Needs, Route
from assay.hub.shown import About, about, judgement_of, repo_of
from assay.reports.story import groups
from assay.store.git.reading import Item, find
from assay.store.git.rows import Objects
from assay.store.git.trees import files_in
from assay.store.repos import RepoType
from assay.store.tables import listing

__all__ = ["routes"]

_CARD = "README.md"


def repo(call: Call) -> Response:
    """Return the page of a repo at its main branch."""
    with call.node.database.read() as connection:
        try:
            told = about(call, connection)
        except RequestError:
            return page(call, "repo_empty.html", repo=repo_of(call, connection), revision=None)
        card = find(connection, told.commit, [_CARD]).get(_CARD)
        text = _text(connection, card)
        listed = _listed(connection, call.repo.id)
        facts = _facts(connection, told)
    base = Base(f"{call.repo.path}/blob/{told.revision}", f"{call.repo.path}/resolve/{told.revision}")
    one, judgement = judgement_of(call, told.commit)
    found = groups(one.scan) if one.scan else []
    return page(
        call,
        "repo.html",
        {**told.values, **judgement},
        card=None if text is None else card_html(text, base),
        facts={**listed, **facts},
        open_card=open_card(one, found),
        portable_card=portable_card(one, found) if call.repo.type is RepoType.MODEL else None,
        packs=[{"id": pack["id"], "found": len(pack["findings"])} for pack in (one.scan or {}).get("packs", ())],
        fresh=told.commit.parent is None and facts["files"] <= 1,
        load=_load(call, listed.get("library")),
    )


def _text(connection: Connection, card: Item | None) -> str | None:
    if card is None or card.facts is None or card.facts.pointer is not None:
        return None
    return Objects(connection).blob(card.oid).decode("utf-8", "replace")


def _listed(connection: Connection, repo_id: int) -> dict[str, JSON]:
    columns = (listing.c.title, listing.c.licence, listing.c.task, listing.c.library)
    row = connection.execute(select(*columns).where(listing.c.repo_id == repo_id)).first()
    return {column.name: None if row is None else row._mapping[column] for column in columns}  # noqa: SLF001  # public


def _facts(connection: Connection, told: About) -> dict[str, JSON]:
    objects = Objects(connection)
    files = list(files_in(objects, told.commit.tree))
    known = objects.blob_facts(entry.oid for _, entry in files)
    sizes = (known[entry.oid].size for _, entry in files if entry.oid in known)
    return {"files": len(files), "size": sum(sizes)}


def _load(call: Call, library: JSON) -> list[JSON]:
    """Return commands and code that load the repo, each with what it is for."""
    name = call.repo.full_name
    dataset = call.repo.type is RepoType.DATASET
    kind = " --repo-type dataset" if dataset else ""
    env = f"export HF_ENDPOINT={call.url}\n"
    ways: list[JSON] = [{"title": "With the command line", "code": f"{env}hf download {name}{kind}"}]
    if dataset:
        code = f'from datasets import load_dataset\n\ndata = load_dataset("{name}")'
        ways.append({"title": "With datasets", "code": code})
    elif library in (None, "transformers"):
        code = f'from transformers import AutoModel\n\nmodel = AutoModel.from_pretrained("{name}")'
        ways.append({"title": "With transformers", "code": code})
    return ways


routes = [Route("GET", "/{repo}", repo, Needs.READ)]
