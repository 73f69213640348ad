"""Both databases: each test that asks for `database` runs on SQLite and on a real PostgreSQL."""

import sqlite3

import pytest
from tests.make.postgres import Postgres, binaries

from assay.store.database import open_database
from assay.store.migrations import migrate


@pytest.fixture(scope="session")
def postgres(require):
    found = binaries()
    require("postgres", found is not None, "no initdb is installed")
    server = Postgres(found)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_template(postgres):
    name = postgres.new()
    database = open_database(postgres.url(name))
    migrate(database)
    database.close()
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = open_database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request, tmp_path):
    """The URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'assay.db'}"
    server = request.getfixturevalue("postgres")
    return server.url(server.new())


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    """The URL of a database with the tables of this version."""
    if request.param == "sqlite":
        path = tmp_path / "assay.db"
        with (
            sqlite3.connect(request.getfixturevalue("sqlite_template")) as template,
            sqlite3.connect(path) as copy,
        ):
            template.backup(copy)
        template.close()
        copy.close()
        return f"sqlite:///{path}"
    server = request.getfixturevalue("postgres")
    return server.url(server.new(request.getfixturevalue("postgres_template")))


@pytest.fixture
def database(url):
    opened = open_database(url)
    yield opened
    opened.close()
