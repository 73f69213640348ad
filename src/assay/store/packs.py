"""Rule packs that an administrator enabled on this hub: whoever judges for it, on whatever machine, goes by them."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from assay.checks.packs import RulePack, parse_pack
from assay.errors import CorruptError, NotFoundError, RulesError
from assay.store.tables import rule_pack

__all__ = ["Enabled", "disable", "enable", "enabled", "listed", "pack_digests"]


class Enabled(NamedTuple):
    """A rule pack, and what was found when it was enabled."""

    pack: RulePack
    envelope: bytes
    """Its signature, as the maker's folder held it."""
    keyid: str
    """Of the key that signed it, which the administrator trusts."""
    measured: str
    """Precision and recall on its samples and on ordinary models here, in a sentence."""
    since: int
    """Seconds since 1970."""


def pack_digests(connection: Connection) -> list[str]:
    """Return the digests of the packs that are enabled, sorted."""
    return sorted(connection.execute(select(rule_pack.c.digest)).scalars())


def enabled(connection: Connection) -> tuple[RulePack, ...]:
    """Return the packs that are enabled, in order of id.

    Raises:
        CorruptError: one of them is not what was enabled.
    """
    return tuple(one.pack for one in listed(connection))


def listed(connection: Connection) -> list[Enabled]:
    """Return the packs that are enabled, each with what was found of it, in order of id.

    Raises:
        CorruptError: one of them is not what was enabled.
    """
    rows = connection.execute(select(rule_pack).order_by(rule_pack.c.id))
    return [Enabled(_parsed(row.body, row.digest), row.envelope, row.keyid, row.measured, row.since) for row in rows]


def enable(connection: Connection, one: Enabled) -> None:
    """Enable a pack, in the place of an earlier version of it; then `attempts.want_anew` makes all due."""
    pack = one.pack
    connection.execute(delete(rule_pack).where(rule_pack.c.id == pack.id))
    row = {"id": pack.id, "digest": pack.digest, "body": pack.raw, "envelope": one.envelope, "keyid": one.keyid}
    connection.execute(insert(rule_pack).values(**row, measured=one.measured, since=one.since))


def disable(connection: Connection, name: str) -> None:
    """Disable a pack; then `attempts.want_anew` makes all due.

    Raises:
        NotFoundError: none of that id is enabled.
    """
    if not connection.execute(delete(rule_pack).where(rule_pack.c.id == name)).rowcount:
        raise NotFoundError(f"no rule pack {name[:100]!r} is enabled on this hub")


@lru_cache(maxsize=64)
def _parsed(body: bytes, digest: str) -> RulePack:
    try:
        pack = parse_pack(bytes(body))
    except RulesError as error:
        raise CorruptError(
            f"a stored rule pack cannot be read: {error}", hint="Disable it, and enable it again."
        ) from error
    if pack.digest != digest:
        raise CorruptError(f"the stored rule pack {pack.id} changed", hint="Disable it, and enable it again.")
    return pack
