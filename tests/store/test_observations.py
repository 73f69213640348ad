"""What readers saw is kept whole, once, and only what the present readers saw is given back."""

import pytest
from sqlalchemy import update

from assay.artifact.observation import Observation, Problem
from assay.artifact.observe import observation_key
from assay.errors import CorruptError
from assay.store.observations import keep, known, observed, packed
from assay.store.tables import observation

SHA256 = "ab" * 32
INNER = Observation("pickle", "pickle/1", complete=True, facts={"calls": [{"op": "REDUCE", "args": ["ä", None, 5]}]})
SEEN = Observation(
    "zip", "zip/1", complete=True, facts={"entries": 1}, problems=(Problem("odd", "so", 7),), members=(("m", INNER),)
)


def test_an_observation_comes_back_as_it_was(database):
    key = observation_key(SHA256, "zip")
    with database.write() as connection:
        keep(connection, packed({key: SEEN}))
        keep(connection, packed({key: INNER}))
        keep(connection, {})
        assert known(connection, [SHA256, "cd" * 32]) == {key: SEEN}
        assert observed(connection, [key, "other"]) == {key: SEEN}


def test_what_other_readers_saw_is_not_known(database):
    with database.write() as connection:
        keep(connection, packed({f"{SHA256}-zip-0000000000000000": SEEN}))
        assert known(connection, [SHA256]) == {}


def test_many_are_kept_and_found(database):
    digests = [f"{number:064x}" for number in range(700)]
    fresh = {observation_key(sha256, "zip"): SEEN for sha256 in digests}
    with database.write() as connection:
        keep(connection, packed(fresh))
        assert known(connection, digests).keys() == fresh.keys()


@pytest.mark.parametrize("data", [b"", b"no zlib", packed({"k": SEEN})["k"][:-9], b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_a_damaged_row_is_said(database, data):
    key = observation_key(SHA256, "zip")
    with database.write() as connection:
        keep(connection, packed({key: SEEN}))
        connection.execute(update(observation).values(data=data))
        with pytest.raises(CorruptError, match="cannot be read"):
            known(connection, [SHA256])
