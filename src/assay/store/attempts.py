"""Work as rows (placeholder until the real one lands)."""

from __future__ import annotations

from sqlalchemy import Connection


def want(connection: Connection, repo_id: int, commit: str, *, now: int) -> None:
    """Do nothing."""
