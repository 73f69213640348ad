"""Files that not everyone who sees their names may have: those of gated repos, and those in quarantine."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from assay.errors import RequestError
from assay.hub.accounts.roles import Role, role_in
from assay.hub.call import Call
from assay.store.tables import quarantine

__all__ = ["check_gate", "check_quarantine"]

# Put together once: this is asked with every file.
_REASON = select(quarantine.c.reason).where(quarantine.c.sha256 == bindparam("sha256"))


def check_gate(connection: Connection, call: Call) -> None:
    """Let nobody but members at the files of a gated repo.

    Raises:
        RequestError: the repo is gated, and the caller no member.
    """
    repo = call.repo
    if repo.gated is not None and role_in(connection, call.caller, repo.owner) < Role.READ:
        raise RequestError(
            403,
            f"Access to {repo.full_name} is restricted: its files are for members of {repo.owner}.",
            code="GatedRepo",
            hint="Ask its owner to let you in." if call.caller.known else "Sign in, or send a token.",
        )


def check_quarantine(connection: Connection, sha256: str, what: str) -> None:
    """Let nobody at a content that would hurt who loads it; `what` names it in the message.

    Raises:
        RequestError: it is in quarantine.
    """
    reason = connection.execute(_REASON, {"sha256": sha256}).scalar_one_or_none()
    if reason is not None:
        raise RequestError(403, f"{what[:200]} is in quarantine: {reason}", code="Quarantined")
