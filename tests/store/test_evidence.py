"""Statements are stored once, with their leaf of the log, for the repos they were sent to; trusted ones decide."""

import threading

import pytest
from sqlalchemy import select, update
from tests.make.hosted import hosted

from assay.canonical import sha256_hex
from assay.errors import CorruptError, NotFoundError, StatementError, VerificationError
from assay.statements.envelope import Envelope
from assay.statements.keys import PrivateKey
from assay.statements.log import Leaf, commitment, inclusion_proof, leaf_hash, merkle_root, size_class, verify_inclusion
from assay.statements.predicates.claim import PUBLISHES, TYPE, claim
from assay.statements.statement import Statement, revision_subjects
from assay.store import evidence, log
from assay.store.repos import delete_repo
from assay.store.tables import envelope, log_leaf

DIRHASH = "12" * 32
EMPTY_ROOT = sha256_hex(b"")


@pytest.fixture
def host(database, tmp_path):
    return hosted(database, tmp_path)


def statement(text="hello", dirhash=DIRHASH, commit=None):
    return Statement(TYPE, revision_subjects(dirhash, commit), claim(PUBLISHES, text)).to_bytes()


def checked(key, **what):
    return evidence.check(Envelope.sign(statement(**what), key), [key.public])


def add(host, repo, one, *, foreign=True, now=1000, attempt=None):
    with host.database.write() as connection:
        return evidence.add(connection, repo.id, one, foreign=foreign, now=now, attempt=attempt)


def read(host, question, *arguments):
    with host.database.read() as connection:
        return question(connection, *arguments)


def about(host, repo):
    return read(host, evidence.statements_about, repo.id, DIRHASH)


def test_a_statement_is_kept_byte_for_byte_and_once(host):
    repo, one = host.repo(), checked(PrivateKey.generate())
    assert add(host, repo, one)
    assert not add(host, repo, one, now=2000)
    (kept,) = about(host, repo)
    assert kept.signers == (one.keys[0].keyid,)
    assert (kept.digest, kept.received, kept.own, kept.pinned, kept.foreign) == (
        one.envelope.digest, 1000, False, False, True,
    )  # fmt: skip
    assert read(host, evidence.body_of, repo.id, kept.digest) == one.envelope.raw
    assert read(host, log.size) == 1


def test_the_newest_comes_first_and_other_revisions_are_left_out(host):
    repo, key = host.repo(), PrivateKey.generate()
    for text, now in (("a", 1000), ("b", 3000), ("c", 2000)):
        add(host, repo, checked(key, text=text), now=now)
    add(host, repo, checked(key, dirhash="34" * 32))
    assert [kept.received for kept in about(host, repo)] == [3000, 2000, 1000]


def test_what_one_repo_was_sent_is_not_shown_by_another_with_the_same_files(host):
    mine, yours, one = host.repo("me/a", private=True), host.repo("you/b"), checked(PrivateKey.generate())
    add(host, mine, one)
    assert about(host, yours) == []
    with pytest.raises(NotFoundError):
        read(host, evidence.body_of, yours.id, one.envelope.digest)
    assert not add(host, yours, one)
    assert [kept.digest for kept in about(host, yours)] == [one.envelope.digest]
    with host.database.write() as connection:
        delete_repo(connection, mine.id)
    assert len(about(host, yours)) == 1
    assert read(host, log.size) == 1


def test_a_key_is_trusted_when_it_is_pinned_and_no_longer(host):
    repo, key = host.repo(), PrivateKey.generate()
    add(host, repo, checked(key))
    for pinned in (True, False):
        with host.database.write() as connection:
            evidence.pin(connection, key.public.keyid, pinned=pinned, name="Ann")
        (kept,) = about(host, repo)
        (said,) = read(host, evidence.said, [kept])
        assert kept.pinned is said.pinned is said.trusted is pinned
        assert bool(said.predicate) is pinned
    (row,) = read(host, evidence.keys_of, [key.public.keyid, "ff" * 32])
    assert (row.name, row.own, row.pem) == ("Ann", False, key.public.pem)
    with host.database.write() as connection, pytest.raises(NotFoundError):
        evidence.pin(connection, "ff" * 32, pinned=True)


def test_a_key_may_turn_out_to_be_ones_own(host):
    repo = host.repo()
    add(host, repo, checked(host.key))
    assert not about(host, repo)[0].own
    with host.database.write() as connection:
        evidence.add_key(connection, host.key.public, own=True)
        evidence.add_key(connection, host.key.public)
    (kept,) = about(host, repo)
    assert kept.own
    assert read(host, evidence.said, [kept])[0].own


def test_a_statement_that_changed_in_the_store_is_never_given_out(host):
    repo, one = host.repo(), checked(host.key)
    add(host, repo, one)
    with host.database.write() as connection:
        evidence.add_key(connection, host.key.public, own=True)
        connection.execute(update(envelope).values(body=one.envelope.raw.replace(b"e", b"f", 1)))
    kept = about(host, repo)
    with pytest.raises(CorruptError, match="changed"):
        read(host, evidence.said, kept)
    with pytest.raises(CorruptError, match="changed"):
        read(host, evidence.body_of, repo.id, one.envelope.digest)


def test_only_what_holds_and_names_its_files_is_taken():
    key, other = PrivateKey.generate(), PrivateKey.generate()
    made = Envelope.sign(statement(), key)
    with pytest.raises(VerificationError):
        evidence.check(made, [other.public])
    changed = Envelope(statement("other"), made.signatures, made.raw)
    with pytest.raises(VerificationError, match="does not hold"):
        evidence.check(changed, [key.public])
    with pytest.raises(StatementError, match="dirHash"):
        evidence.check(Envelope.sign(statement(dirhash=None, commit="ab" * 20), key), [key.public])
    assert evidence.check(made, [other.public, key.public]).keys == (key.public,)


def test_the_leaf_says_nothing_but_can_be_shown_to_speak_of_the_statement(host):
    repo, one = host.repo(), checked(PrivateKey.generate())
    assert read(host, log.root) == EMPTY_ROOT
    add(host, repo, one, now=1_795_341_600)
    row = read(host, lambda connection: connection.execute(select(log_leaf)).one())
    leaf = Leaf.parse(read(host, log.leaf_at, 0))
    assert leaf.commitment == commitment(row.salt, one.envelope.digest)
    assert (leaf.kind, leaf.size_class) == ("statement", size_class(len(one.envelope.raw)))
    assert leaf.time == "2026-11-22T10:00:00Z"
    assert one.envelope.digest.encode() not in row.data
    with pytest.raises(NotFoundError, match="no leaf 1"):
        read(host, log.leaf_at, 1)


def test_the_log_has_no_gaps_however_many_write_at_once_and_every_leaf_is_in_its_tree(host):
    repo, key = host.repo(), PrivateKey.generate()
    made = [checked(key, text=str(number)) for number in range(24)]

    def run(mine):
        for one in mine:
            host.database.transact(
                lambda connection, one=one: evidence.add(connection, repo.id, one, foreign=True, now=1)
            )

    threads = [threading.Thread(target=run, args=(made[start:][:10],)) for start in (0, 4, 8, 14)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read(host, log.size) == len(made) == len(about(host, repo))
    hashes = [leaf_hash(read(host, log.leaf_at, number)) for number in range(len(made))]
    root = read(host, log.root)
    assert root == merkle_root(hashes).hex()
    for number, leaf in enumerate(hashes):
        verify_inclusion(leaf, number, len(hashes), inclusion_proof(hashes, number), bytes.fromhex(root))


def test_a_leaf_that_is_missing_is_said(host):
    repo, key = host.repo(), PrivateKey.generate()
    for text in "abc":
        add(host, repo, checked(key, text=text))
    with host.database.write() as connection:
        connection.execute(log_leaf.delete().where(log_leaf.c.number == 1))
    with pytest.raises(CorruptError, match="leaf 1"):
        read(host, log.root)
