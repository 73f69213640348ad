"""Rule packs that an administrator enabled on this hub: whoever judges for it, on whatever machine, goes by them."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Connection, case, delete, func, insert, select, update

from assay.checks.packs import RulePack, parse_pack
from assay.errors import ConflictError, CorruptError, NotFoundError, RulesError
from assay.store.tables import rule_pack

__all__ = ["MOST", "Enabled", "enable", "enabled", "listed", "pack_digests", "remove", "switch"]

MOST = 16
"""Packs that one hub judges by: each may take about a second for one revision, which has a minute."""


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
    """When it was switched on, in seconds since 1970."""
    active: bool = True
    """Whether it is judged by; one that is switched off is kept with what was measured."""


def pack_digests(connection: Connection) -> list[str]:
    """Return the digests of the packs that are judged by, sorted."""
    return sorted(connection.execute(select(rule_pack.c.digest).where(rule_pack.c.active)).scalars())


def enabled(connection: Connection) -> tuple[RulePack, ...]:
    """Return the packs that are judged by, in order of id.

    Raises:
        CorruptError: one of them is not what was enabled.
    """
    return tuple(one.pack for one in listed(connection) if one.active)


def listed(connection: Connection) -> list[Enabled]:
    """Return the packs that are kept, each with what was found of it, in order of id.

    Raises:
        CorruptError: one of them is not what was enabled.
    """
    rows = connection.execute(select(rule_pack).order_by(rule_pack.c.id))
    return [
        Enabled(_parsed(row.body, row.digest), row.envelope, row.keyid, row.measured, row.since, row.active)
        for row in rows
    ]


def enable(connection: Connection, one: Enabled) -> None:
    """Enable a pack, in the place of an earlier version of it; then `attempts.want_anew` makes all due.

    Raises:
        ConflictError: another maker's pack of that id is on, or as many packs are as may be.
    """
    pack = one.pack
    others = select(rule_pack.c.keyid).where(rule_pack.c.id == pack.id, rule_pack.c.active)
    earlier = connection.execute(others).scalar()
    if earlier not in (None, one.keyid):
        raise ConflictError(
            f"the rule pack {pack.id} here was signed by another key, {earlier[:16]}", hint="Disable that one first."
        )
    if one.active:
        _check_room(connection, pack.id)
    connection.execute(delete(rule_pack).where(rule_pack.c.id == pack.id))
    row = {"id": pack.id, "digest": pack.digest, "body": pack.raw, "envelope": one.envelope, "keyid": one.keyid}
    connection.execute(insert(rule_pack).values(**row, measured=one.measured, since=one.since, active=one.active))


def switch(connection: Connection, name: str, *, active: bool, now: int) -> None:
    """Judge by a pack that is kept, or not for now; then `attempts.want_anew` makes all due.

    Raises:
        NotFoundError: none of that id is kept, or it is off already and is to be.
        ConflictError: as many packs are on as may be.
    """
    if active:
        _check_room(connection, name)
    since = case((rule_pack.c.active, rule_pack.c.since), else_=now)
    named = (rule_pack.c.id == name, rule_pack.c.active | active)
    if not connection.execute(update(rule_pack).where(*named).values(active=active, since=since)).rowcount:
        raise _unknown(name)


def remove(connection: Connection, name: str) -> None:
    """Remove a pack; then `attempts.want_anew` makes all due.

    Raises:
        NotFoundError: none of that id is kept.
    """
    if not connection.execute(delete(rule_pack).where(rule_pack.c.id == name)).rowcount:
        raise _unknown(name)


def _check_room(connection: Connection, name: str) -> None:
    others = select(func.count()).select_from(rule_pack).where(rule_pack.c.active, rule_pack.c.id != name)
    if connection.execute(others).scalar_one() >= MOST:
        raise ConflictError(f"a hub judges by at most {MOST} rule packs", hint="Disable one first.")


def _unknown(name: str) -> NotFoundError:
    return NotFoundError(f"no rule pack {name[:100]!r} is enabled on this hub")


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
