"""Results of evaluations by what they measured, and what models said to each sample."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from assay.statements.envelope import Envelope
from assay.statements.predicates.result import TYPE
from assay.store.results import record

revision = "0005"
down_revision = "0004"

DIGEST = sa.LargeBinary()


def upgrade() -> None:
    """Make the tables, and enter what was stored before."""
    op.create_table(
        "result",
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("benchmark", DIGEST, nullable=False, comment="SHA-256 of the manifest"),
        sa.Column("comparability", DIGEST, nullable=False, comment="of equal ones the numbers mean the same"),
        sa.Column("log", DIGEST, comment="SHA-256 of the sample log, where the statement names one"),
        sa.PrimaryKeyConstraint("digest", name="pk_result"),
        sa.ForeignKeyConstraint(["digest"], ["envelope.digest"], name="fk_result_digest", ondelete="CASCADE"),
        comment="Results of evaluations; follows from their envelopes",
    )
    op.create_index("ix_result_benchmark_comparability", "result", ["benchmark", "comparability"])
    op.create_index("ix_result_log", "result", ["log"])
    op.create_table(
        "sample_log",
        sa.Column("digest", DIGEST, nullable=False, comment="SHA-256 of the log"),
        sa.Column("body", sa.LargeBinary, nullable=False, comment="compressed by zlib"),
        sa.PrimaryKeyConstraint("digest", name="pk_sample_log"),
        comment="What a model said to each sample; whoever may read a result may read its log",
    )
    connection = op.get_bind()
    kept = sa.text("SELECT digest, body FROM envelope WHERE predicate = :type")
    for row in connection.execute(kept, {"type": TYPE}).all():
        record(connection, bytes(row.digest).hex(), Envelope.parse(bytes(row.body)).statement().predicate)
