"""A store for workers, on SQLite and on a real PostgreSQL."""

import pytest
from tests.make.hosted import hosted
from tests.store.conftest import database, postgres, postgres_template, sqlite_template, url  # noqa: F401  # fixtures


@pytest.fixture
def host(database, tmp_path):  # noqa: F811  # pytest's way
    return hosted(database, tmp_path)
