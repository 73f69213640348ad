"""One request, as an endpoint sees it: who asks, what for, and the parts of the hub to answer with."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
from starlette.requests import Request

from assay.errors import RequestError, UsageError
from assay.hub.accounts.roles import Caller, Visible, visible_repos
from assay.hub.node import Node
from assay.hub.routing import Route
from assay.store.repos import Repo

__all__ = ["Call"]

T = TypeVar("T")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(slots=True)
class Call:
    """A request whose route is known and whose caller may use it."""

    node: Node
    request: Request
    route: Route
    params: dict[str, str]
    caller: Caller
    found_repo: Repo | None = None
    body: bytes = b""
    """The whole body, for plain endpoints."""
    reserved: frozenset[str] = field(default_factory=frozenset)
    """Names that no account can have."""

    @property
    def repo(self) -> Repo:
        """The repo that the path names; the caller may do with it what the route needs."""
        assert self.found_repo is not None
        return self.found_repo

    @property
    def visible(self) -> Visible:
        """The condition on rows of `repo` that the caller may read."""
        return visible_repos(self.caller)

    @property
    def url(self) -> str:
        """How clients reach this hub."""
        return self.node.config.public_url

    def query(self, name: str, default: str = "") -> str:
        """Return one value of the query."""
        return self.request.query_params.get(name, default)

    def queries(self, name: str) -> list[str]:
        """Return every value of the query under this name, with or without `[]` behind it."""
        params = self.request.query_params
        return [*params.getlist(name), *params.getlist(f"{name}[]")]

    def flag(self, name: str) -> bool:
        """Say whether the query asks for something."""
        return self.query(name).lower() in ("1", "true", "yes", "on")

    def number(self, name: str, default: int, most: int) -> int:
        """Return a number from 1 to `most` of the query.

        Raises:
            UsageError: it is none.
        """
        text = self.query(name)
        if not text:
            return default
        if not text.isascii() or not text.isdigit() or int(text[:9]) < 1:
            raise UsageError(f"{name} is {text[:40]!r}, not a whole number above 0")
        return min(int(text[:9]), most)

    def digest(self, name: str, otherwise: str) -> str:
        """Return a part of the path that is a SHA-256 in hex.

        Raises:
            RequestError: it is none; `otherwise` says what it should name.
        """
        text = self.params[name]
        if not _DIGEST.fullmatch(text):
            raise RequestError(404, otherwise)
        return text

    def json(self, kind: type[T]) -> T:
        """Return the body as a value of a `msgspec` type.

        Raises:
            RequestError: it is no JSON, or of another shape; the message says where.
        """
        try:
            return msgspec.json.decode(self.body or b"{}", type=kind)
        except msgspec.MsgspecError as error:
            raise RequestError(400, f"the body is not what this route takes: {error}") from None
        except UnicodeDecodeError:
            raise RequestError(400, "the body is not UTF-8") from None

    async def pieces(self, most: int) -> AsyncIterator[bytes]:
        """Yield the body as it comes; for coroutine endpoints.

        Raises:
            RequestError: there is more of it than `most` bytes.
        """
        taken = 0
        async for piece in self.request.stream():
            taken += len(piece)
            if taken > most:
                raise RequestError(413, f"the body has more than the {most:,} bytes that this route takes")
            yield piece
