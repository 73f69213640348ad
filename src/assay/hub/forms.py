"""What a browser's form sent: its fields, where it came from, and where to go on afterwards."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from assay.errors import AssayError, RequestError
from assay.hub.answers import forbidden
from assay.hub.call import Call

__all__ = ["check_origin", "fields", "local_path", "wrong"]

_MOST = 50


def fields(call: Call) -> dict[str, str]:
    """Return the fields of a plain form; of several with one name, the last.

    Raises:
        RequestError: it has too many, or one that no database could keep.
    """
    try:
        sent = dict(parse_qsl(call.body.decode("utf-8", "replace"), max_num_fields=_MOST))
    except ValueError:
        raise RequestError(400, f"A form has at most {_MOST} fields.") from None
    if any("\0" in text for text in sent.values()):
        raise RequestError(400, "A field of the form holds a NUL.")
    return sent


def check_origin(call: Call) -> None:
    """Refuse a form of another site, where there is no form token yet: nobody may sign others in as somebody else.

    Raises:
        RequestError: the browser says that the form came from elsewhere, or does not say where from.
    """
    headers = call.request.headers
    site, origin = headers.get("sec-fetch-site"), headers.get("origin", "")
    if site == "same-origin":  # no page can set this header, so it says more than the origin, which may be hidden
        return
    if site is not None and site != "none":
        raise forbidden("This form was sent by another site. Load the page here and send it once more.")
    here = {urlsplit(call.url).netloc, headers.get("host", "")}
    if (origin or site is None) and (not origin.startswith(("http://", "https://")) or _host(origin) not in here):
        raise forbidden("It cannot be told whether this form was sent by another site. Use a current browser.")


def local_path(text: str) -> str:
    """Return `text` if it is a path of this hub, or else the first page: nobody is led elsewhere."""
    if not text.startswith("/") or text.startswith(("//", "/\\")) or not text.isprintable():
        return "/"
    return text


def wrong(error: AssayError) -> str:
    """Return what a form shows above its fields when they were not taken."""
    return f"{error} {error.hint() or ''}".strip()


def _host(origin: str) -> str:
    return origin.partition("://")[2]
