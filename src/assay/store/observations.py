"""What readers saw, kept by content and reader version, so that new rules can judge without a byte being read."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, select

from assay.artifact.observation import Observation
from assay.artifact.observe import observation_key
from assay.artifact.readers import readers
from assay.canonical import canonical_json
from assay.errors import CorruptError
from assay.store.database import insert_missing
from assay.store.git.rows import batches
from assay.store.tables import observation

__all__ = ["keep", "known", "observed", "packed"]


def packed(fresh: Mapping[str, Observation]) -> dict[str, bytes]:
    """Return observations by key as they are stored; done before a transaction begins, because it takes time."""
    return {key: zlib.compress(canonical_json(one.to_json()), 6) for key, one in sorted(fresh.items())}


def keep(connection: Connection, fresh: Mapping[str, bytes]) -> None:
    """Store what `packed` made; an observation that is there stays as it is."""
    for batch in batches(sorted(fresh)):
        insert_missing(connection, observation, [{"key": key, "data": fresh[key]} for key in batch])


def observed(connection: Connection, keys: Iterable[str]) -> dict[str, Observation]:
    """Return those observations that are stored under `keys`.

    Raises:
        CorruptError: one cannot be read.
    """
    found = {}
    for batch in batches(sorted(set(keys))):
        rows = connection.execute(select(observation.c.key, observation.c.data).where(observation.c.key.in_(batch)))
        found.update({key: _unpacked(key, data) for key, data in rows})
    return found


def known(connection: Connection, sha256s: Iterable[str]) -> dict[str, Observation]:
    """Return every stored observation of these contents that the readers of this version made.

    Raises:
        CorruptError: one cannot be read.
    """
    return observed(connection, (observation_key(sha256, format_) for sha256 in set(sha256s) for format_ in readers()))


def _unpacked(key: str, data: bytes) -> Observation:
    try:
        return Observation.from_json(json.loads(zlib.decompress(data)))
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        raise CorruptError(
            f"the stored observation {key[:24]} cannot be read: {error}",
            hint="Delete its row: the next assessment makes it anew.",
        ) from error
