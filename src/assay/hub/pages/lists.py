"""Lists of models and datasets, narrowed by words, licence and the five axes."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.responses import Response

from assay.canonical import JSON
from assay.finding import AXES, Outcome
from assay.hub.call import Call
from assay.hub.catalogue import Cursor, Facets, Wanted, facets, find
from assay.hub.page import page
from assay.hub.routing import Needs, Route
from assay.reports.style import AXIS_NAMES
from assay.store.repos import RepoType

__all__ = ["routes"]

_PAGE = 30
_LONGEST = 200


def models(call: Call) -> Response:
    """List models."""
    return _list(call, RepoType.MODEL)


def datasets(call: Call) -> Response:
    """List datasets."""
    return _list(call, RepoType.DATASET)


def _list(call: Call, type_: RepoType) -> Response:
    asked = {axis.value: call.query(axis.value) for axis in AXES}
    wanted = Wanted(
        type=type_,
        words=call.query("q")[:_LONGEST],
        licence=call.query("licence")[:_LONGEST],
        axes={axis: outcome for axis, outcome in asked.items() if outcome in tuple(Outcome)},
    )
    after = Cursor.parse(call.query("after"))
    with call.node.database.read() as connection:
        rows, more = find(connection, call.visible, wanted, after=after, limit=_PAGE)
        counted = facets(connection, call.visible, wanted)
    chosen = {"q": wanted.words, "licence": wanted.licence, **wanted.axes}
    return page(
        call,
        "list.html",
        type=type_.value,
        path=f"/{type_}s",
        repos=rows,
        total=counted.total,
        first=after is None,
        chosen={name: text for name, text in chosen.items() if text},
        facets=_groups(f"/{type_}s", counted, chosen),
        next=_address(f"/{type_}s", {**chosen, "after": str(more)}) if more else None,
    )


def _groups(path: str, counted: Facets, chosen: Mapping[str, str]) -> list[JSON]:
    """Return the facets as groups of links; following the link of what is chosen gives it up."""
    groups = [(axis, AXIS_NAMES[axis], counts) for axis, counts in counted.axes.items()]
    groups.append(("licence", "Licence", counted.licences))
    return [
        {
            "name": name,
            "title": title,
            "options": [
                {
                    "value": value,
                    "count": count,
                    "chosen": chosen.get(name) == value,
                    "path": _address(path, {**chosen, name: "" if chosen.get(name) == value else value}),
                }
                for value, count in counts.items()
                if chosen.get(name) == value or (count and not chosen.get(name))
            ],
        }
        for name, title, counts in groups
    ]


def _address(path: str, query: Mapping[str, str]) -> str:
    kept = urlencode({name: text for name, text in query.items() if text})
    return f"{path}?{kept}" if kept else path


routes = [Route("GET", "/models", models, Needs.ANYONE), Route("GET", "/datasets", datasets, Needs.ANYONE)]
