"""A hub as a runner sees it: leases are taken, committed to, revealed and given back; each call may be made twice."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from http import HTTPStatus

from assay.canonical import JSON, canonical_json
from assay.egress import Egress, Response, printable
from assay.errors import AssayError, ConflictError, NotFoundError, RemoteError, StatementError
from assay.statements.keys import PrivateKey

__all__ = ["PoolClient"]

_MOST = 8 * 1024 * 1024
"""Bytes of an answer."""
_PROOF = "assay/runner/v1"
_KINDS: Mapping[int, type[AssayError]] = {400: StatementError, 404: NotFoundError, 409: ConflictError}
"""What a refusal means; any other status says that hub or token are not right."""


class PoolClient:
    """Asks the hub at `url` as the member to whom `token` belongs. Not to be shared between threads."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url.rstrip("/")
        self.token = token

    def member(self) -> str:
        """Return the name of the member.

        Raises:
            RemoteError: the hub does not answer, or knows no such token.
        """
        found = self._ask("whoami-v2")
        name = found.get("name")
        if not isinstance(name, str):
            raise RemoteError(f"{self.url} does not say who its token belongs to", hint="Check the address.")
        return name

    def register(self, key: PrivateKey, processor: str, operator: str = "") -> None:
        """Enter the runner that has `key`; `operator` is an organisation of the member, or empty for the member.

        Raises:
            RemoteError: as `member`; also where the key is another member's.
        """
        member = self.member()
        said = {"hub": self.url, "member": member, "operator": operator or member, "processor": processor}
        proof = base64.b64encode(key.sign(canonical_json({"domain": _PROOF, **said}))).decode()
        wish = {"pem": key.public.pem.decode(), "processor": processor, "operator": operator, "proof": proof}
        self._ask("pool/runners", wish)

    def take(self, keyid: str) -> dict[str, JSON] | None:
        """Return what the runner is to do, or holds already; None where there is nothing.

        Raises:
            RemoteError: the hub does not answer, or gives this runner no work.
        """
        return self._ask("pool/leases", {"keyid": keyid}) or None

    def lease(self, number: int) -> dict[str, JSON]:
        """Return a lease as it is now.

        Raises:
            RemoteError: as `take`.
        """
        return self._ask(f"pool/leases/{number}")

    def commit(self, number: int, envelope: bytes) -> None:
        """Send the commitment.

        Raises:
            RemoteError: as `take`.
            StatementError: it is not one under this lease, or comes too late.
            ConflictError: the lease changed meanwhile.
        """
        self._ask(f"pool/leases/{number}/commitment", {"envelope": envelope.decode()})

    def reveal(self, number: int, *, result: bytes, reveal: bytes, log: bytes) -> None:
        """Send what opens the commitment.

        Raises:
            RemoteError: as `take`.
            StatementError: it does not.
            ConflictError: others have not committed yet.
        """
        sent = {"result": result.decode(), "reveal": reveal.decode(), "log": log.decode()}
        self._ask(f"pool/leases/{number}/reveal", sent)

    def give_back(self, number: int, note: str) -> None:
        """Let somebody else do it, and say why.

        Raises:
            RemoteError: as `take`.
        """
        self._ask(f"pool/leases/{number}/back", {"note": note})

    def _ask(self, path: str, sent: Mapping[str, JSON] | None = None) -> dict[str, JSON]:
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        with Egress(allow_private=True) as egress:  # its time is limited, and a runner works for weeks
            url = f"{self.url}/api/{path}"
            if sent is None:
                answer = egress.get(url, headers=headers, max_bytes=_MOST)
            else:
                headers["Content-Type"] = "application/json"
                answer = egress.post(url, json.dumps(sent).encode(), headers=headers, max_bytes=_MOST)
        return _object(answer)


def _object(answer: Response) -> dict[str, JSON]:
    if answer.status == HTTPStatus.NO_CONTENT:
        return {}
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        told = printable(answer.headers.get("x-error-message", ""))
        kind = _KINDS.get(answer.status, RemoteError)
        raise kind(f"{printable(answer.url)} answers {answer.status}: {told}", hint="Check hub and token.")
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise RemoteError(f"{printable(answer.url)} does not answer as a hub would", hint="Check the address.")
    return found
