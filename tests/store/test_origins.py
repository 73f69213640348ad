"""Terms and sources of repos in rows: what facts come to, and questions that cost no more than their answers."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, true

from assay.store.origins import Source, children_of, licences_held, origins_of, record, repos_named, under
from assay.store.repos import RepoType, create_repo, move_repo, repo_by_id, set_private
from assay.store.tables import repo

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def facts(licence="mit", parents=(), datasets=()):
    return {
        "licence": {"id": licence, "openness": "open"},
        "lineage": {"parents": [{"name": name, "relation": "finetune"} for name in parents], "declared": True},
        "training_data": {"verdict": "open", "datasets": [{"name": name, "licence": "mit"} for name in datasets]},
    }


@pytest.fixture
def connection(database):
    with database.write() as connected:
        yield connected


def made(connection, name, facts_=None, *, type_=RepoType.MODEL, private=False):
    one = create_repo(connection, type_, *name.split("/"), private=private, now=1)
    record(connection, {one.id: facts_ or facts()})
    return one


def test_facts_come_back_as_terms_and_sources(connection):
    one = made(connection, "o/child", facts("llama2", ["O/Parent"], ["o/data"]))
    found = origins_of(connection, [one.id])[one.id]
    assert found.terms["id"] == "llama2"
    assert found.sources == (
        Source(RepoType.MODEL, "O/Parent", "finetune", None),
        Source(RepoType.DATASET, "o/data", "data", {"id": "mit"}),
    )
    record(connection, {one.id: {}})
    assert origins_of(connection, [one.id])[one.id] == (None, ())


def test_children_newest_first_and_page_by_page(connection):
    parent = made(connection, "o/parent")
    children = [made(connection, f"o/child-{number}", facts(parents=["O/PARENT"])) for number in range(3)]
    first, more = children_of(connection, true(), parent, limit=2)
    rest, end = children_of(connection, true(), parent, limit=2, after=more)
    assert [*first, *rest] == children[::-1]
    assert end is None
    assert children_of(connection, true(), children[0], limit=2) == ([], None)


def test_names_lead_to_repos_also_those_they_had(connection):
    one = made(connection, "o/before")
    moved = move_repo(connection, one, "o", "after")
    child = made(connection, "o/child", facts(parents=["o/before"]))
    assert repos_named(connection, true(), RepoType.MODEL, ["o/before", "o/after", "none", "o/no"]) == {
        "o/before": moved, "o/after": moved
    }  # fmt: skip
    assert children_of(connection, true(), moved, limit=5)[0] == [child]
    assert repos_named(connection, true(), RepoType.DATASET, ["o/after"]) == {}


def test_what_may_not_be_seen_is_neither_found_nor_counted(connection):
    parent = made(connection, "o/parent")
    child = made(connection, "o/child", facts("zlib", ["o/parent"]))
    set_private(connection, child.id, private=True)
    seen = repo.c.private.is_(False)
    assert children_of(connection, seen, parent, limit=5) == ([], None)
    assert repos_named(connection, seen, RepoType.MODEL, ["o/child"]) == {}
    assert licences_held(connection, seen, most=9) == {"mit": 1}
    assert under(connection, seen, "zlib", limit=5) == ([], None)
    assert under(connection, true(), "zlib", limit=5) == ([repo_by_id(connection, child.id)], None)


def test_counting_hops_over_repos_and_stops(connection):
    for number in range(40):
        made(connection, f"o/m-{number}", facts("mit" if number % 2 else "apache-2.0"))
    asked = []
    event.listen(connection, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert licences_held(connection, true(), most=10) == {"mit": 10, "apache-2.0": 10}
    assert len(asked) == 5


def test_every_question_is_answered_from_an_index(connection):
    if connection.dialect.name != "sqlite":
        pytest.skip("the plan of an empty table says nothing on PostgreSQL")
    parent = made(connection, "o/parent", facts(parents=["o/x"]))
    plans = []

    def explained(conn, cursor, statement, given, *rest):
        if statement.startswith("SELECT"):
            plans.extend(row[3] for row in cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", given))

    event.listen(connection, "before_cursor_execute", explained)
    origins_of(connection, [parent.id])
    children_of(connection, true(), parent, limit=2, after=9)
    repos_named(connection, true(), RepoType.MODEL, ["o/parent", "o/gone"])
    licences_held(connection, true(), most=2)
    under(connection, true(), "mit", limit=2, after=9)
    assert plans
    walked = [plan for plan in plans if plan.startswith("SCAN") and "CONSTANT" not in plan and "SUBQUERY" not in plan
              and "subquery" not in plan and "anon" not in plan]  # fmt: skip
    assert walked == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.fixed_dictionaries({}, optional={"licence": values, "lineage": values, "training_data": values}))
def test_any_facts_are_taken(connection, found):
    one = repo_by_id(connection, 1) or made(connection, "o/any")
    record(connection, {one.id: found})
    origins_of(connection, [one.id])
