"""The address of a repo on a hub, as people paste it from the browser or write it by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from assay.egress import origin, printable
from assay.errors import RemoteError, UsageError

__all__ = ["HubAddress", "parse_hub_address"]

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}")
_PAGES = ("tree", "blob", "resolve", "raw", "blame", "edit", "commit", "commits")
"""Pages of a repo whose next part is a revision."""
_KINDS = ("models", "datasets", "spaces")
_HINT = "Paste the address of the repo's page: https://HUB/ORG/NAME, with @REV for a revision other than main."


@dataclass(frozen=True, slots=True)
class HubAddress:
    """A revision of a repo, still by name."""

    endpoint: str
    """Where the hub is, without a slash at the end."""
    repo: str
    """`ORG/NAME`, or `NAME` for repos of the old kind."""
    revision: str = "main"
    kind: str = "models"
    """`models`, `datasets` or `spaces`."""

    @property
    def api(self) -> str:
        """Where the hub answers about the repo."""
        return f"{self.endpoint}/api/{self.kind}/{self.repo}"

    def file(self, commit: str, path: str) -> str:
        """Return where the bytes of `path` are at `commit`."""
        prefix = "" if self.kind == "models" else f"{self.kind}/"
        return f"{self.endpoint}/{prefix}{self.repo}/resolve/{commit}/{quote(path)}"


def parse_hub_address(text: str, *, endpoint: str | None = None) -> HubAddress:
    """Read `https://HUB/ORG/NAME[@REV]`, or the address of any page of the repo; query and fragment are ignored.

    With `endpoint`, the address of a hub, `text` may also be just `ORG/NAME[@REV]`, and the hub may live under a path.

    Raises:
        UsageError: no repo or no revision can be told from it.
    """
    base = endpoint.rstrip("/") if endpoint else None
    if "://" not in text and base is not None:
        text = f"{base}/{text}"
    # The path is taken apart by hand: a browser shows letters in it that a request would have to encode.
    match = re.match(r"(?i)(https?://[^/?#]*)([^?#]*)", text)
    if match is None:
        raise UsageError(f"{printable(text)} is not an http or https address", hint=_HINT)
    try:
        place, path = origin(match[1]), match[2]
    except RemoteError as error:
        raise UsageError(str(error), hint=error.hint()) from None
    if base is not None and text.startswith(f"{base}/"):
        place, path = base, re.split(r"[?#]", text[len(base) :])[0]
    segments = [unquote(segment, errors="replace") for segment in path.split("/") if segment]
    kind = "models"
    if segments and segments[0] in _KINDS:
        kind = segments.pop(0)
    names, revision = _split(segments, text)
    if not 1 <= len(names) <= 2 or not all(_NAME.fullmatch(name) for name in names):
        raise UsageError(f"{printable(text)} names no repo", hint=_HINT)
    if not re.fullmatch(r"[^\s/](?:[^\s\x00-\x1f\x7f]{0,254}[^\s/])?", revision) or ".." in revision:
        raise UsageError(f"{printable(revision)!r} in {printable(text)} is not a revision", hint=_HINT)
    return HubAddress(place, "/".join(names), revision, kind)


def _split(segments: list[str], text: str) -> tuple[list[str], str]:
    """Return the parts of the repo's name, and the revision."""
    for index, segment in enumerate(segments[:2]):
        name, at, revision = segment.partition("@")
        if at:
            return [*segments[:index], name], "/".join([revision, *segments[index + 1 :]])
    page = next((index for index, segment in enumerate(segments[1:3], 1) if segment in _PAGES), None)
    if page is None:
        if len(segments) > 2:
            raise UsageError(f"{printable(text)} is not a page that names a revision", hint=_HINT)
        return segments, "main"
    rest = segments[page + 1 :]
    # Only these revisions hold slashes that some pages do not encode.
    length = 3 if rest[:2] in (["refs", "pr"], ["refs", "convert"]) else 1
    return segments[:page], "/".join(rest[:length]) or "main"
