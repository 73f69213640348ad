"""Rule packs of a hub elsewhere, for its administrators: a pack is tried here, and who signed it is checked there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import quote

from assay.canonical import JSON
from assay.checks.packs import LARGEST, RulePack
from assay.egress import Egress, Response, printable
from assay.errors import RemoteError

__all__ = ["Kept", "PacksThere"]

_MOST = 64 * LARGEST
"""Bytes of an answer."""
_NOT_ALLOWED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_ADMINISTRATORS = "Packs are for administrators of the hub: set HF_TOKEN to a token of one, with the scope admin."


class Kept(NamedTuple):
    """A rule pack that is kept somewhere."""

    id: str
    version: str
    maker: str
    rules: int
    digest: str
    active: bool = True


class PacksThere:
    """The packs of the hub at `url`, asked for as the one to whom `token` belongs."""

    def __init__(self, url: str, token: str | None) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def listed(self) -> list[Kept]:
        """Return what the hub keeps.

        Raises:
            RemoteError: it does not answer as a hub would.
        """
        found = self._ask("packs?format=json")
        try:
            return [
                Kept(
                    str(one["id"]),
                    str(one["version"]),
                    str(one["maker"]),
                    len(one["rules"]),
                    str(one["digest"]),
                    bool(one["active"]),
                )
                for one in found["packs"]
            ]
        except (KeyError, TypeError):
            raise self._strange() from None

    def add(self, pack: RulePack, envelope: bytes, _keyid: str, measured: str) -> int:
        """Enable a pack that was tried here; return how many revisions are due to be judged again.

        Raises:
            RemoteError: the hub does not answer, knows no such administrator, or does not trust who signed the pack.
        """
        sent = {"pack": pack.raw.decode(), "envelope": envelope.decode("utf-8", "replace"), "measured": measured}
        return self._due(self._ask("api/packs", sent))

    def switch_off(self, name: str) -> int:
        """Let the hub judge by a pack no more; return how many revisions are due to be judged again.

        Raises:
            RemoteError: as `add`; also where it judges by no such pack.
        """
        return self._due(self._ask(f"api/packs/{quote(name, safe='')}/switch", {"active": False}))

    def _due(self, answer: Mapping[str, JSON]) -> int:
        due = answer.get("due")
        if not isinstance(due, int):
            raise self._strange()
        return due

    def _ask(self, path: str, sent: Mapping[str, JSON] | None = None) -> dict[str, JSON]:
        url = f"{self._url}/{path}"
        with Egress(allow_private=True) as egress:
            if sent is None:
                return self._object(egress.get(url, headers=self._headers, max_bytes=_MOST))
            headers = {**self._headers, "Content-Type": "application/json"}
            return self._object(egress.post(url, json.dumps(sent).encode(), headers=headers, max_bytes=_MOST))

    def _object(self, answer: Response) -> dict[str, JSON]:
        if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            told = printable(answer.headers.get("x-error-message", ""))
            hint = _ADMINISTRATORS if answer.status in _NOT_ALLOWED else f"Its packs stand at {self._url}/packs."
            raise RemoteError(f"{printable(self._url)} answers {answer.status}: {told}", hint=hint)
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError):
            raise self._strange() from None
        if not isinstance(found, dict):
            raise self._strange()
        return found

    def _strange(self) -> RemoteError:
        return RemoteError(f"{printable(self._url)} does not answer as a hub would", hint="Check the address.")
