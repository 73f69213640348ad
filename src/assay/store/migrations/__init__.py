"""Brings a database to the tables of this version; revisions in `versions/` are never changed."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from assay.errors import StoreError
from assay.store.database import Database

__all__ = ["migrate"]

_LOCK = 4_170_977_001
"""PostgreSQL's lock that keeps two processes from migrating at once; any number that nobody else uses."""


def migrate(database: Database) -> None:
    """Make or change the tables, in one transaction; do nothing when they are as they should be.

    Raises:
        StoreError: the database was made by a newer version, or cannot be used.
    """
    config = Config()
    config.set_main_option("script_location", "assay.store:migrations")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in known:
            raise StoreError(
                f"the database is at revision {current!r}, which this version does not know",
                hint="Use the version of Assay that made it, or a newer one.",
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
