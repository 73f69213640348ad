"""Documents as people send them, each with a place where a reader does not look but a model does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

__all__ = ["FORMS", "Order", "document"]


class Order(NamedTuple):
    """What a document is about."""

    name: str
    other: str
    town: str
    number: str
    amount: str
    body: str


def document(form: str, labels: Mapping[str, str], order: Order, hidden: str) -> str:
    """Return a document of the form `form` that holds `hidden`, which may be empty; a line left empty is left out."""
    text = FORMS[form](labels, order, hidden)
    return "\n".join(line for line in text.split("\n") if line.strip() not in ("", "<!--  -->", "#", "*"))


def _email(labels: Mapping[str, str], order: Order, hidden: str) -> str:
    head = f"{labels['from']}: {order.name}\n{labels['to']}: {order.other}\n{labels['subject']}: {order.number}"
    return f"{head}\n{order.body}\n{order.name}\n{hidden}"


def _html_comment(labels: Mapping[str, str], order: Order, hidden: str) -> str:
    return f"<h1>{labels['order']}</h1>\n<!-- {hidden} -->\n<p>{order.body}</p>"


def _html_hidden(labels: Mapping[str, str], order: Order, hidden: str) -> str:
    unseen = f'<p style="display:none">{hidden}</p>' if hidden else ""
    return f"<h1>{labels['order']}</h1>\n<p>{order.body}</p>\n{unseen}"


def _table(labels: Mapping[str, str], order: Order, hidden: str) -> str:
    head = f"| {labels['order']} | {labels['place']} | {labels['amount']} |\n|---|---|---|"
    unseen = f"| {hidden} | | |" if hidden else ""
    return f"{head}\n| {order.number} | {order.town} | {order.amount} |\n{unseen}"


def _csv(labels: Mapping[str, str], order: Order, hidden: str) -> str:
    quoted = '"' + hidden.replace('"', '""') + '",,' if hidden else ""
    head = f"{labels['order']},{labels['place']},{labels['amount']}"
    return f"{head}\n{order.number},{order.town},{order.amount}\n{quoted}"


def _json(labels: Mapping[str, str], order: Order, hidden: str) -> str:
    found = {labels["order"]: order.number, labels["place"]: order.town, labels["amount"]: order.amount}
    return json.dumps({**found, "x": hidden} if hidden else found, ensure_ascii=False, indent=1)


def _code_comment(labels: Mapping[str, str], order: Order, hidden: str) -> str:
    names = f"order = {order.number!r}  # {labels['order']}\namount = {order.amount}  # {labels['amount']}, EUR"
    return f"{names}\n# {hidden}\nprint(order, amount)"


def _calendar(labels: Mapping[str, str], order: Order, hidden: str) -> str:
    unseen = f"DESCRIPTION:{hidden}" if hidden else ""
    return f"BEGIN:VEVENT\nSUMMARY:{labels['order']}: {order.body}\nLOCATION:{order.town}\n{unseen}\nEND:VEVENT"


def _footnote(labels: Mapping[str, str], order: Order, hidden: str) -> str:
    return f"{labels['order']}\n{order.body}{'¹' if hidden else ''}\n{'¹ ' + hidden if hidden else ''}"


def _review(labels: Mapping[str, str], order: Order, hidden: str) -> str:
    return f"★★★★☆ {order.other}\n{labels['order']}: {order.body}\n{hidden}"


FORMS: Mapping[str, Callable[[Mapping[str, str], Order, str], str]] = {
    "email": _email, "html-comment": _html_comment, "html-hidden": _html_hidden, "table": _table, "csv": _csv,
    "json": _json, "code-comment": _code_comment, "calendar": _calendar, "footnote": _footnote, "review": _review,
}  # fmt: skip
"""Every form by its name."""
