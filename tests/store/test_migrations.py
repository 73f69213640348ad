"""The migrations make the tables that the code sees, on both databases, however many processes start at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from assay.errors import StoreError, UsageError
from assay.store.database import open_database
from assay.store.migrations import migrate
from assay.store.tables import metadata


def test_they_make_the_tables_of_the_code(empty_url):
    database = open_database(empty_url)
    migrate(database)
    migrate(database)
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()


def test_several_processes_may_start_at_once(empty_url):
    def start(_):
        database = open_database(empty_url)
        migrate(database)
        database.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, range(4)))
    test_they_make_the_tables_of_the_code(empty_url)


def test_a_database_of_a_newer_version_is_left_alone(database):
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="does not know"):
        migrate(database)


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://x/y", "oracle://x"])
def test_other_databases_are_refused(url):
    with pytest.raises(UsageError):
        open_database(url)


def test_a_database_that_is_not_there_is_said(tmp_path):
    for url in (f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}", "postgresql://nobody@127.0.0.1:1/none"):
        database = open_database(url)
        with pytest.raises(StoreError, match="cannot be used"), database.read() as connection:
            connection.execute(text("SELECT 1"))
        database.close()
