"""The row that lists show follows from the main branch's card and evidence, whatever stands in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from tests.make.hosted import InProcess, hosted
from tests.make.revisions import card

from assay.statements.envelope import Envelope
from assay.statements.keys import PrivateKey
from assay.statements.predicates.claim import PUBLISHES, TYPE, claim
from assay.statements.statement import Statement, revision_subjects
from assay.store import evidence
from assay.store.git.refs import create_ref
from assay.store.listings import Card, card_of, refresh
from assay.store.tables import listing

CARD = card(
    license="apache-2.0",
    pipeline_tag="text-generation",
    library_name="transformers",
    tags=["tiny", "two words"],
    language=["en", "de"],
    base_model="org/parent",
)


@pytest.fixture
def host(database, tmp_path):
    return hosted(database, tmp_path)


def row(host, repo):
    with host.database.read() as connection:
        return connection.execute(select(listing).where(listing.c.repo_id == repo.id)).first()


def anew(host, repo):
    with host.database.write() as connection:
        refresh(connection, repo.id)


def test_a_judged_main_branch_is_shown_with_its_card_and_five_outcomes(host):
    repo = host.repo()
    commit = host.push(repo, {"README.md": CARD}, now=1234)
    host.loop(InProcess()).run_until_idle()
    found = row(host, repo)
    assert (found.commit, found.updated, found.title) == (commit, 1234, "A model")
    assert (found.licence, found.task, found.library) == ("apache-2.0", "text-generation", "transformers")
    assert found.tags == (
        " transformers text-generation tiny two-words en de license:apache-2.0 base_model:org/parent "
    )
    assert found.words.startswith("org model a model apache-2.0 ")
    outcomes = (found.secure, found.open, found.portable, found.evaluated, found.provenance)
    assert outcomes == ("pass", "unknown", "unknown", "unknown", "unknown"), "nobody knows the terms of org/parent"


def test_a_repo_that_nobody_judged_yet_is_shown_as_unknown(host):
    repo = host.repo()
    anew(host, repo)
    assert row(host, repo) is None
    host.push(repo, {"README.md": CARD})
    anew(host, repo)
    anew(host, repo)
    found = row(host, repo)
    assert (found.title, found.licence, found.tags, found.words) == ("", None, "  ", "org model")
    assert {found.secure, found.open, found.portable, found.evaluated, found.provenance} == {"unknown"}


def test_other_branches_change_nothing(host):
    repo = host.repo()
    first = host.push(repo, {"README.md": CARD}, now=1000)
    host.loop(InProcess()).run_until_idle()
    with host.database.write() as connection:
        create_ref(connection, repo.id, "refs/heads/next", first)
    host.push(repo, {"README.md": card(license="mit")}, ref="refs/heads/next", now=2000)
    host.loop(InProcess()).run_until_idle()
    assert row(host, repo).licence == "apache-2.0"
    host.push(repo, {"README.md": card(license="mit")}, now=3000)
    host.loop(InProcess()).run_until_idle()
    assert (row(host, repo).licence, row(host, repo).updated) == ("mit", 3000)


def test_evidence_by_a_pinned_key_counts(host):
    repo, key = host.repo(), PrivateKey.generate()
    commit = host.push(repo, {"README.md": card(license="mit", tags=["from-scratch"])})
    host.loop(InProcess()).run_until_idle()
    with host.database.read() as connection:
        dirhash = evidence.dirhash_of(connection, repo.id, commit)
    said = Statement(TYPE, revision_subjects(dirhash, None), claim(PUBLISHES, "ours")).to_bytes()
    checked = evidence.check(Envelope.sign(said, key), [key.public])
    with host.database.write() as connection:
        evidence.add(connection, repo.id, checked, foreign=True, now=1)
        refresh(connection, repo.id)
        assert connection.execute(select(listing.c.provenance)).scalar_one() == "unknown"
        evidence.pin(connection, key.public.keyid, pinned=True)
        refresh(connection, repo.id)
        assert connection.execute(select(listing.c.provenance)).scalar_one() == "pass"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
KEYS = ("license", "pipeline_tag", "library_name", "tags", "language", "pretty_name", "base_model", "datasets")


@given(front=JSON | st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8))
def test_whatever_a_card_holds_comes_to_words(front):
    found = card_of({"front_matter": front, "headings": []})
    assert isinstance(found, Card)
    for word in (*found.tags, found.licence, found.task, found.library):
        assert word is None or (word and not set(word) & set(" \0\n\t"))


def test_long_and_many_words_are_cut():
    found = card_of({"front_matter": {"tags": [f"t{number}" for number in range(500)], "license": "x" * 9999}})
    assert len(found.tags) == 100
    assert len(found.licence) == 200


def test_a_listing_is_found_by_its_columns(host):
    repo = host.repo()
    host.push(repo, {"README.md": CARD})
    host.loop(InProcess()).run_until_idle()
    with host.database.read() as connection:
        tagged = listing.c.tags.contains(" license:apache-2.0 ", autoescape=True)
        assert connection.execute(select(listing.c.repo_id).where(tagged)).scalars().all() == [repo.id]
