"""The tables of a hub: accounts, contents, chunks, evidence, work, lists."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    gated = "auto or manual: files are for members only; null for whoever can read the rest"
    op.add_column("repo", sa.Column("gated", NAME, comment=gated))
    _account()
    _content()
    _envelope()
    _log_leaf()
    _observation()
    _public_key()
    _quarantine()
    _upload_part()
    _xet_file()
    _xet_xorb()
    _attempt()
    _evidence()
    _holding()
    _former_name()
    _invitation()
    _listing()
    _membership()
    _session()
    _token()
    _xet_chunk()
    _xet_holding()
    _xet_sent()
    _revision()


def _account() -> None:
    op.create_table(
        "account",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("key", NAME, nullable=False, comment="the name, case folded"),
        sa.Column("name", NAME, nullable=False),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text()),
        sa.Column("password", sa.Text(), comment="argon2id; null where nobody signs in by password"),
        sa.Column("admin", sa.Boolean(), nullable=False, comment="runs the hub"),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("quota", sa.BigInteger(), comment="bytes its repos may hold; null for the hub's usual"),
        sa.Column("created", sa.BigInteger(), nullable=False, comment="seconds since 1970"),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.CheckConstraint("kind IN ('user', 'organisation')", name="ck_account_ck_account_kind"),
        sa.UniqueConstraint("key", name="uq_account_key"),
        comment="People and organisations: one name space, as repos stand below both",
    )


def _content() -> None:
    op.create_table(
        "content",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes"),
        sa.Column("xet", sa.LargeBinary(), comment="file hash where it is made of chunks; null where it is one blob"),
        sa.PrimaryKeyConstraint("sha256", name="pk_content"),
        comment="Where the bytes of a large file are; each row was checked against the bytes",
    )
    op.create_index("ix_content_xet", "content", ["xet"])


def _envelope() -> None:
    op.create_table(
        "envelope",
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of body"),
        sa.Column("payload", sa.LargeBinary(), nullable=False, comment="SHA-256 of the statement's bytes"),
        sa.Column("subject", sa.LargeBinary(), nullable=False, comment="dirHash it is about"),
        sa.Column("predicate", NAME, nullable=False, comment="type"),
        sa.Column(
            "signers", sa.Text(), nullable=False, comment="ids of the keys whose signature holds, joined by spaces"
        ),
        sa.Column("foreign", sa.Boolean(), nullable=False, comment="it came from elsewhere"),
        sa.Column("received", sa.BigInteger(), nullable=False, comment="seconds since 1970"),
        sa.Column("attempt", NAME, comment="key of the attempt that made it"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_envelope"),
        sa.UniqueConstraint("attempt", name="uq_envelope_attempt"),
    )
    op.create_index("ix_envelope_subject", "envelope", ["subject"])


def _log_leaf() -> None:
    op.create_table(
        "log_leaf",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), comment="null once erased"),
        sa.Column("salt", sa.LargeBinary(), comment="null once erased"),
        sa.PrimaryKeyConstraint("number", name="pk_log_leaf"),
        comment="Append-only; numbers have no gaps",
    )
    op.create_index("ix_log_leaf_envelope", "log_leaf", ["envelope"])


def _observation() -> None:
    op.create_table(
        "observation",
        sa.Column("key", NAME, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False, comment="zlib of JSON"),
        sa.PrimaryKeyConstraint("key", name="pk_observation"),
        comment="What readers saw, by content and reader version, so that new rules need no bytes",
    )


def _public_key() -> None:
    op.create_table(
        "public_key",
        sa.Column("keyid", sa.LargeBinary(), nullable=False),
        sa.Column("pem", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="what people call its holder; empty where nobody said"),
        sa.Column("own", sa.Boolean(), nullable=False, comment="a key of this hub"),
        sa.Column("pinned", sa.Boolean(), nullable=False, comment="an administrator trusts it"),
        sa.PrimaryKeyConstraint("keyid", name="pk_public_key"),
    )


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False, comment="the envelope that says so"),
        sa.Column("since", sa.BigInteger(), nullable=False, comment="seconds since 1970"),
        sa.PrimaryKeyConstraint("sha256", name="pk_quarantine"),
        comment="Contents that nobody may download",
    )


def _upload_part() -> None:
    op.create_table(
        "upload_part",
        sa.Column("upload", sa.LargeBinary(), nullable=False, comment="names one multipart upload"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False, comment="the blob that holds the part"),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes"),
        sa.Column("created", sa.BigInteger(), nullable=False, comment="seconds since 1970"),
        sa.PrimaryKeyConstraint("upload", "number", name="pk_upload_part"),
    )


def _xet_file() -> None:
    op.create_table(
        "xet_file",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes"),
        sa.Column(
            "terms",
            sa.LargeBinary(),
            nullable=False,
            comment="32 bytes xorb, 3 little-endian u32 first, end, size; each",
        ),
        sa.PrimaryKeyConstraint("hash", name="pk_xet_file"),
    )
    op.create_index("ix_xet_file_sha256", "xet_file", ["sha256"])


def _xet_xorb() -> None:
    op.create_table(
        "xet_xorb",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False, comment="SHA-256 of its bytes in the content store"),
        sa.Column("length", sa.BigInteger(), nullable=False, comment="bytes, packed"),
        sa.Column("chunks", sa.LargeBinary(), nullable=False, comment="40 bytes a chunk: hash, packed length, size"),
        sa.PrimaryKeyConstraint("hash", name="pk_xet_xorb"),
    )


def _attempt() -> None:
    op.create_table(
        "attempt",
        sa.Column("key", NAME, nullable=False, comment="subject, task, code version and rules digest"),
        sa.Column("task", NAME, nullable=False),
        sa.Column("repo_id", NUMBER, nullable=False),
        sa.Column("commit", sa.LargeBinary(), nullable=False),
        sa.Column("state", NAME, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column(
            "fence",
            sa.BigInteger(),
            nullable=False,
            comment="grows with each claim; a stale worker cannot close the row",
        ),
        sa.Column("lease_until", sa.BigInteger(), nullable=False, comment="milliseconds since 1970"),
        sa.Column("not_before", sa.BigInteger(), nullable=False, comment="milliseconds since 1970"),
        sa.Column("created", sa.BigInteger(), nullable=False, comment="milliseconds since 1970"),
        sa.Column("ended", sa.BigInteger(), comment="milliseconds since 1970"),
        sa.Column("error", sa.Text(), comment="why the last try failed"),
        sa.Column("isolation", NAME, comment="how the child that judged was confined; null until it is done"),
        sa.PrimaryKeyConstraint("key", name="pk_attempt"),
        sa.CheckConstraint("state IN ('wanted', 'done', 'parked')", name="ck_attempt_ck_attempt_state"),
        sa.ForeignKeyConstraint(["repo_id"], ["repo.id"], name="fk_attempt_repo_id", ondelete="CASCADE"),
    )
    op.create_index("ix_attempt_repo_id_commit", "attempt", ["repo_id", "commit"])
    op.create_index("ix_attempt_state_not_before", "attempt", ["state", "not_before"])


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("repo_id", NUMBER, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("repo_id", "digest", name="pk_evidence"),
        sa.ForeignKeyConstraint(["digest"], ["envelope.digest"], name="fk_evidence_digest", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["repo_id"], ["repo.id"], name="fk_evidence_repo_id", ondelete="CASCADE"),
        comment="For which repos an envelope was made, or to which it was sent; only their readers see it",
    )
    op.create_index("ix_evidence_digest", "evidence", ["digest"])


def _holding() -> None:
    op.create_table(
        "holding",
        sa.Column("repo_id", NUMBER, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes"),
        sa.Column("committed", sa.Boolean(), nullable=False, comment="false: uploaded, and in no commit yet"),
        sa.PrimaryKeyConstraint("repo_id", "sha256", name="pk_holding"),
        sa.ForeignKeyConstraint(["repo_id"], ["repo.id"], name="fk_holding_repo_id", ondelete="CASCADE"),
        comment="Which large contents a repo may name, because it was sent them or could read them",
    )
    op.create_index("ix_holding_sha256", "holding", ["sha256"])


def _former_name() -> None:
    op.create_table(
        "former_name",
        sa.Column("type", NAME, nullable=False),
        sa.Column("owner", NAME, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("repo_id", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("type", "owner", "name", name="pk_former_name"),
        sa.ForeignKeyConstraint(["repo_id"], ["repo.id"], name="fk_former_name_repo_id", ondelete="CASCADE"),
        comment="Names that repos had before they were moved; void where another repo has the name now",
    )
    op.create_index("ix_former_name_repo_id", "former_name", ["repo_id"])


def _invitation() -> None:
    op.create_table(
        "invitation",
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the link's secret"),
        sa.Column("organisation_id", NUMBER, comment="null: to the hub"),
        sa.Column("role", NAME, comment="in the organisation"),
        sa.Column("admin", sa.Boolean(), nullable=False, comment="makes an administrator of the hub"),
        sa.Column("created", sa.BigInteger(), nullable=False, comment="seconds since 1970"),
        sa.Column("expires", sa.BigInteger(), nullable=False, comment="seconds since 1970"),
        sa.PrimaryKeyConstraint("digest", name="pk_invitation"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["account.id"], name="fk_invitation_organisation_id", ondelete="CASCADE"
        ),
        comment="Links that may be used once; using one removes it",
    )


def _listing() -> None:
    op.create_table(
        "listing",
        sa.Column("repo_id", NUMBER, nullable=False),
        sa.Column("commit", sa.LargeBinary(), comment="of the main branch, which the row describes"),
        sa.Column("updated", sa.BigInteger(), nullable=False, comment="seconds since 1970"),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("licence", NAME, comment="as the card declares it"),
        sa.Column("task", NAME, comment="the card's pipeline_tag"),
        sa.Column("library", NAME, comment="the card's library_name"),
        sa.Column("tags", sa.Text(), nullable=False, comment="with a space before and after each"),
        sa.Column("words", sa.Text(), nullable=False, comment="lower case, what a search looks in"),
        sa.Column("secure", NAME, nullable=False),
        sa.Column("open", NAME, nullable=False),
        sa.Column("portable", NAME, nullable=False),
        sa.Column("evaluated", NAME, nullable=False),
        sa.Column("provenance", NAME, nullable=False),
        sa.PrimaryKeyConstraint("repo_id", name="pk_listing"),
        sa.ForeignKeyConstraint(["repo_id"], ["repo.id"], name="fk_listing_repo_id", ondelete="CASCADE"),
        comment="What lists and searches show of a repo; follows from its main branch and its evidence",
    )
    op.create_index("ix_listing_updated_repo_id", "listing", ["updated", "repo_id"])


def _membership() -> None:
    op.create_table(
        "membership",
        sa.Column("organisation_id", NUMBER, nullable=False),
        sa.Column("user_id", NUMBER, nullable=False),
        sa.Column("role", NAME, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "user_id", name="pk_membership"),
        sa.CheckConstraint("role IN ('read', 'write', 'admin')", name="ck_membership_ck_membership_role"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["account.id"], name="fk_membership_organisation_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["account.id"], name="fk_membership_user_id", ondelete="CASCADE"),
    )
    op.create_index("ix_membership_user_id", "membership", ["user_id"])


def _session() -> None:
    op.create_table(
        "session",
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the cookie"),
        sa.Column("user_id", NUMBER, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False, comment="seconds since 1970"),
        sa.Column("expires", sa.BigInteger(), nullable=False, comment="seconds since 1970"),
        sa.PrimaryKeyConstraint("digest", name="pk_session"),
        sa.ForeignKeyConstraint(["user_id"], ["account.id"], name="fk_session_user_id", ondelete="CASCADE"),
    )
    op.create_index("ix_session_user_id", "session", ["user_id"])


def _token() -> None:
    op.create_table(
        "token",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("user_id", NUMBER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the token; the token itself is not kept"
        ),
        sa.Column("scope", NAME, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False, comment="seconds since 1970"),
        sa.Column("expires", sa.BigInteger(), comment="seconds since 1970; null for never"),
        sa.Column("used", sa.BigInteger(), comment="day of last use, in seconds since 1970"),
        sa.PrimaryKeyConstraint("id", name="pk_token"),
        sa.CheckConstraint("scope IN ('read', 'write', 'admin')", name="ck_token_ck_token_scope"),
        sa.ForeignKeyConstraint(["user_id"], ["account.id"], name="fk_token_user_id", ondelete="CASCADE"),
        sa.UniqueConstraint("digest", name="uq_token_digest"),
    )
    op.create_index("ix_token_user_id", "token", ["user_id"])


def _xet_chunk() -> None:
    op.create_table(
        "xet_chunk",
        sa.Column("chunk", sa.LargeBinary(), nullable=False),
        sa.Column("xorb", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chunk", "xorb", name="pk_xet_chunk"),
        sa.ForeignKeyConstraint(["xorb"], ["xet_xorb.hash"], name="fk_xet_chunk_xorb", ondelete="CASCADE"),
        comment="The chunks that clients may ask for to learn what need not be sent again",
    )
    op.create_index("ix_xet_chunk_xorb", "xet_chunk", ["xorb"])


def _xet_holding() -> None:
    op.create_table(
        "xet_holding",
        sa.Column("repo_id", NUMBER, nullable=False),
        sa.Column("xorb", sa.LargeBinary(), nullable=False),
        sa.Column("committed", sa.Boolean(), nullable=False, comment="false: uploaded, and in no commit yet"),
        sa.PrimaryKeyConstraint("repo_id", "xorb", name="pk_xet_holding"),
        sa.ForeignKeyConstraint(["repo_id"], ["repo.id"], name="fk_xet_holding_repo_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["xorb"], ["xet_xorb.hash"], name="fk_xet_holding_xorb", ondelete="CASCADE"),
        comment="Which xorbs a repo may build files from, because it was sent them or could read them",
    )
    op.create_index("ix_xet_holding_xorb", "xet_holding", ["xorb"])


def _xet_sent() -> None:
    op.create_table(
        "xet_sent",
        sa.Column("account_id", NUMBER, nullable=False),
        sa.Column("xorb", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "xorb", name="pk_xet_sent"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_xet_sent_account_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["xorb"], ["xet_xorb.hash"], name="fk_xet_sent_xorb", ondelete="CASCADE"),
        comment="Who sent a xorb: clients remember what they sent and do not send it again, even to another repo",
    )
    op.create_index("ix_xet_sent_xorb", "xet_sent", ["xorb"])


def _revision() -> None:
    op.create_table(
        "revision",
        sa.Column("repo_id", NUMBER, nullable=False),
        sa.Column("commit", sa.LargeBinary(), nullable=False),
        sa.Column("dirhash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("repo_id", "commit", name="pk_revision"),
        sa.ForeignKeyConstraint(
            ["repo_id", "commit"],
            ["git_commit.repo_id", "git_commit.oid"],
            name="fk_revision_repo_id_commit",
            ondelete="CASCADE",
        ),
        comment="What names the files of a commit; known once it was assessed or came with evidence",
    )
    op.create_index("ix_revision_dirhash", "revision", ["dirhash"])
