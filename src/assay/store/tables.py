"""The tables of the store, as SQLAlchemy Core sees them; `migrations` makes them, and a test holds the two together."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    true,
)

__all__ = [
    "Digest",
    "account",
    "attempt",
    "content",
    "envelope",
    "evaluation_lease",
    "evaluation_request",
    "evidence",
    "former_name",
    "git_commit",
    "git_object",
    "holding",
    "invitation",
    "last_change",
    "ledger_entry",
    "listing",
    "log_leaf",
    "made_from",
    "membership",
    "metadata",
    "observation",
    "origin",
    "public_key",
    "quarantine",
    "ref",
    "repo",
    "result",
    "revision",
    "runner",
    "sample_log",
    "session",
    "token",
    "upload_part",
    "xet_chunk",
    "xet_file",
    "xet_holding",
    "xet_sent",
    "xet_xorb",
]


class Digest(TypeDecorator[str]):
    """Lower-case hex in Python, half as many raw bytes in the database."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002  # SQLAlchemy's
        """Return the raw bytes."""
        return None if value is None else bytes.fromhex(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:  # noqa: ARG002  # SQLAlchemy's
        """Return the hex."""
        return None if value is None else value.hex()


NAME = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that sorts and compares by its bytes on both databases."""

NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""64 bits on both databases; SQLite numbers rows by itself only when the column is called INTEGER."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

git_object = Table(
    "git_object",
    metadata,
    Column("oid", Digest, comment="SHA-1 as git computes it"),
    Column("kind", NAME, nullable=False),
    Column("size", BigInteger, nullable=False, comment="bytes of data"),
    Column("sha256", Digest, nullable=False, comment="of data; two contents under one oid are refused by it"),
    Column("lfs_sha256", Digest, comment="what the blob points to, where it is an LFS pointer"),
    Column("lfs_size", BigInteger, comment="bytes of what it points to"),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("oid"),
    CheckConstraint("kind IN ('blob', 'tree', 'commit')", name="kind"),
    Index(None, "lfs_sha256"),
    comment="Immutable content, shared by all repos; what a repo may see is decided by its commits",
)

repo = Table(
    "repo",
    metadata,
    Column("id", NUMBER, Identity(), nullable=False),
    Column("type", NAME, nullable=False),
    Column("owner", NAME, nullable=False),
    Column("name", NAME, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("created", BigInteger, nullable=False, comment="seconds since 1970"),
    Column("gated", NAME, comment="auto or manual: files are for members only; null for whoever can read the rest"),
    Column("key", NAME, nullable=False, server_default="", comment="owner and name, lower case"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("type", "owner", "name"),
    Index(None, "type", "key", unique=True),
    CheckConstraint("type IN ('model', 'dataset', 'space')", name="type"),
)

former_name = Table(
    "former_name",
    metadata,
    Column("type", NAME, nullable=False),
    Column("owner", NAME, nullable=False),
    Column("name", NAME, nullable=False),
    Column("repo_id", NUMBER, ForeignKey("repo.id", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("type", "owner", "name"),
    Index(None, "repo_id"),
    comment="Names that repos had before they were moved; void where another repo has the name now",
)

git_commit = Table(
    "git_commit",
    metadata,
    Column("repo_id", NUMBER, ForeignKey("repo.id", ondelete="CASCADE"), nullable=False),
    Column("oid", Digest, ForeignKey("git_object.oid"), nullable=False),
    Column("parent", Digest, comment="the first one; null for a root"),
    Column("tree", Digest, nullable=False),
    Column("files", Integer, nullable=False, comment="how many the tree holds"),
    Column("author", NAME, nullable=False),
    Column("email", NAME, nullable=False),
    Column("time", BigInteger, nullable=False, comment="seconds since 1970, as the author says"),
    Column("message", Text, nullable=False),
    PrimaryKeyConstraint("repo_id", "oid"),
    Index(None, "oid"),
    comment="Which commits a repo has, with what lists of them show",
)

ref = Table(
    "ref",
    metadata,
    Column("repo_id", NUMBER, nullable=False),
    Column("name", NAME, nullable=False, comment="in full, such as refs/heads/main"),
    Column("target", Digest, nullable=False),
    PrimaryKeyConstraint("repo_id", "name"),
    ForeignKeyConstraint(["repo_id", "target"], ["git_commit.repo_id", "git_commit.oid"], ondelete="CASCADE"),
    comment="Moved only by compare-and-swap",
)

last_change = Table(
    "last_change",
    metadata,
    Column("oid", Digest, ForeignKey("git_object.oid", ondelete="CASCADE"), comment="the commit"),
    Column("folder", NAME, nullable=False, comment="one that this commit changed; empty for the top"),
    Column("changed", LargeBinary, nullable=False, comment="zlib of 20 bytes per entry: who changed it last"),
    PrimaryKeyConstraint("oid", "folder"),
    comment="Follows from the commits; see docs/reference/store-git.md",
)

account = Table(
    "account",
    metadata,
    Column("id", NUMBER, Identity(), nullable=False),
    Column("key", NAME, nullable=False, comment="the name, case folded"),
    Column("name", NAME, nullable=False),
    Column("kind", NAME, nullable=False),
    Column("full_name", Text, nullable=False),
    Column("email", Text),
    Column("password", Text, comment="argon2id; null where nobody signs in by password"),
    Column("admin", Boolean, nullable=False, comment="runs the hub"),
    Column("disabled", Boolean, nullable=False),
    Column("quota", BigInteger, comment="bytes its repos may hold; null for the hub's usual"),
    Column("created", BigInteger, nullable=False, comment="seconds since 1970"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("key"),
    CheckConstraint("kind IN ('user', 'organisation')", name="kind"),
    comment="People and organisations: one name space, as repos stand below both",
)

membership = Table(
    "membership",
    metadata,
    Column("organisation_id", NUMBER, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", NUMBER, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("role", NAME, nullable=False),
    PrimaryKeyConstraint("organisation_id", "user_id"),
    Index(None, "user_id"),
    CheckConstraint("role IN ('read', 'write', 'admin')", name="role"),
)

token = Table(
    "token",
    metadata,
    Column("id", NUMBER, Identity(), nullable=False),
    Column("user_id", NUMBER, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", Digest, nullable=False, comment="SHA-256 of the token; the token itself is not kept"),
    Column("scope", NAME, nullable=False),
    Column("created", BigInteger, nullable=False, comment="seconds since 1970"),
    Column("expires", BigInteger, comment="seconds since 1970; null for never"),
    Column("used", BigInteger, comment="day of last use, in seconds since 1970"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("digest"),
    Index(None, "user_id"),
    CheckConstraint("scope IN ('read', 'write', 'admin')", name="scope"),
)

session = Table(
    "session",
    metadata,
    Column("digest", Digest, nullable=False, comment="SHA-256 of the cookie"),
    Column("user_id", NUMBER, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("created", BigInteger, nullable=False, comment="seconds since 1970"),
    Column("expires", BigInteger, nullable=False, comment="seconds since 1970"),
    PrimaryKeyConstraint("digest"),
    Index(None, "user_id"),
)

invitation = Table(
    "invitation",
    metadata,
    Column("digest", Digest, nullable=False, comment="SHA-256 of the link's secret"),
    Column("organisation_id", NUMBER, ForeignKey("account.id", ondelete="CASCADE"), comment="null: to the hub"),
    Column("role", NAME, comment="in the organisation"),
    Column("admin", Boolean, nullable=False, comment="makes an administrator of the hub"),
    Column("created", BigInteger, nullable=False, comment="seconds since 1970"),
    Column("expires", BigInteger, nullable=False, comment="seconds since 1970"),
    PrimaryKeyConstraint("digest"),
    comment="Links that may be used once; using one removes it",
)

holding = Table(
    "holding",
    metadata,
    Column("repo_id", NUMBER, ForeignKey("repo.id", ondelete="CASCADE"), nullable=False),
    Column("sha256", Digest, nullable=False),
    Column("size", BigInteger, nullable=False, comment="bytes"),
    Column("committed", Boolean, nullable=False, comment="false: uploaded, and in no commit yet"),
    PrimaryKeyConstraint("repo_id", "sha256"),
    Index(None, "sha256"),
    comment="Which large contents a repo may name, because it was sent them or could read them",
)

content = Table(
    "content",
    metadata,
    Column("sha256", Digest, nullable=False),
    Column("size", BigInteger, nullable=False, comment="bytes"),
    Column("xet", Digest, comment="file hash where it is made of chunks; null where it is one blob"),
    PrimaryKeyConstraint("sha256"),
    Index(None, "xet"),
    comment="Where the bytes of a large file are; each row was checked against the bytes",
)

upload_part = Table(
    "upload_part",
    metadata,
    Column("upload", Digest, nullable=False, comment="names one multipart upload"),
    Column("number", Integer, nullable=False),
    Column("sha256", Digest, nullable=False, comment="the blob that holds the part"),
    Column("size", BigInteger, nullable=False, comment="bytes"),
    Column("created", BigInteger, nullable=False, comment="seconds since 1970"),
    PrimaryKeyConstraint("upload", "number"),
)

xet_file = Table(
    "xet_file",
    metadata,
    Column("hash", Digest, nullable=False),
    Column("sha256", Digest, nullable=False),
    Column("size", BigInteger, nullable=False, comment="bytes"),
    Column("terms", LargeBinary, nullable=False, comment="32 bytes xorb, 3 little-endian u32 first, end, size; each"),
    PrimaryKeyConstraint("hash"),
    Index(None, "sha256"),
)

xet_xorb = Table(
    "xet_xorb",
    metadata,
    Column("hash", Digest, nullable=False),
    Column("blob", Digest, nullable=False, comment="SHA-256 of its bytes in the content store"),
    Column("length", BigInteger, nullable=False, comment="bytes, packed"),
    Column("chunks", LargeBinary, nullable=False, comment="40 bytes a chunk: hash, packed length, size"),
    PrimaryKeyConstraint("hash"),
)

xet_holding = Table(
    "xet_holding",
    metadata,
    Column("repo_id", NUMBER, ForeignKey("repo.id", ondelete="CASCADE"), nullable=False),
    Column("xorb", Digest, ForeignKey("xet_xorb.hash", ondelete="CASCADE"), nullable=False),
    Column("committed", Boolean, nullable=False, comment="false: uploaded, and in no commit yet"),
    PrimaryKeyConstraint("repo_id", "xorb"),
    Index(None, "xorb"),
    comment="Which xorbs a repo may build files from, because it was sent them or could read them",
)

xet_sent = Table(
    "xet_sent",
    metadata,
    Column("account_id", NUMBER, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("xorb", Digest, ForeignKey("xet_xorb.hash", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("account_id", "xorb"),
    Index(None, "xorb"),
    comment="Who sent a xorb: clients remember what they sent and do not send it again, even to another repo",
)

xet_chunk = Table(
    "xet_chunk",
    metadata,
    Column("chunk", Digest, nullable=False),
    Column("xorb", Digest, ForeignKey("xet_xorb.hash", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("chunk", "xorb"),
    Index(None, "xorb"),
    comment="The chunks that clients may ask for to learn what need not be sent again",
)

revision = Table(
    "revision",
    metadata,
    Column("repo_id", NUMBER, nullable=False),
    Column("commit", Digest, nullable=False),
    Column("dirhash", Digest, nullable=False),
    PrimaryKeyConstraint("repo_id", "commit"),
    ForeignKeyConstraint(["repo_id", "commit"], ["git_commit.repo_id", "git_commit.oid"], ondelete="CASCADE"),
    Index(None, "dirhash"),
    comment="What names the files of a commit; known once it was assessed or came with evidence",
)

public_key = Table(
    "public_key",
    metadata,
    Column("keyid", Digest, nullable=False),
    Column("pem", LargeBinary, nullable=False),
    Column("name", Text, nullable=False, comment="what people call its holder; empty where nobody said"),
    Column("own", Boolean, nullable=False, comment="a key of this hub"),
    Column("pinned", Boolean, nullable=False, comment="an administrator trusts it"),
    PrimaryKeyConstraint("keyid"),
)

envelope = Table(
    "envelope",
    metadata,
    Column("digest", Digest, nullable=False, comment="SHA-256 of body"),
    Column("payload", Digest, nullable=False, comment="SHA-256 of the statement's bytes"),
    Column("subject", Digest, nullable=False, comment="dirHash it is about"),
    Column("predicate", NAME, nullable=False, comment="type"),
    Column("signers", Text, nullable=False, comment="ids of the keys whose signature holds, joined by spaces"),
    Column("foreign", Boolean, nullable=False, comment="it came from elsewhere"),
    Column("received", BigInteger, nullable=False, comment="seconds since 1970"),
    Column("attempt", NAME, comment="key of the attempt that made it"),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("digest"),
    UniqueConstraint("attempt"),
    Index(None, "subject"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("repo_id", NUMBER, ForeignKey("repo.id", ondelete="CASCADE"), nullable=False),
    Column("digest", Digest, ForeignKey("envelope.digest", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("repo_id", "digest"),
    Index(None, "digest"),
    comment="For which repos an envelope was made, or to which it was sent; only their readers see it",
)

result = Table(
    "result",
    metadata,
    Column("digest", Digest, ForeignKey("envelope.digest", ondelete="CASCADE"), nullable=False),
    Column("benchmark", Digest, nullable=False, comment="SHA-256 of the manifest"),
    Column("comparability", Digest, nullable=False, comment="of equal ones the numbers mean the same"),
    Column("log", Digest, comment="SHA-256 of the sample log, where the statement names one"),
    PrimaryKeyConstraint("digest"),
    Index(None, "benchmark", "comparability"),
    Index(None, "log"),
    comment="Results of evaluations; follows from their envelopes",
)

sample_log = Table(
    "sample_log",
    metadata,
    Column("digest", Digest, nullable=False, comment="SHA-256 of the log"),
    Column("body", LargeBinary, nullable=False, comment="compressed by zlib"),
    PrimaryKeyConstraint("digest"),
    comment="What a model said to each sample; whoever may read a result may read its log",
)

runner = Table(
    "runner",
    metadata,
    Column("keyid", Digest, ForeignKey("public_key.keyid"), nullable=False),
    Column("user_id", NUMBER, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("operator", NAME, nullable=False, comment="account that answers for it; runners of one vouch for nothing"),
    Column("processor", Text, nullable=False, comment="as its member registered it"),
    Column("created", BigInteger, nullable=False, comment="seconds since 1970"),
    Column("seen", BigInteger, nullable=False, comment="when it last asked for work, in seconds since 1970"),
    Column("faulty", BigInteger, comment="since when it gets no work, because a round found it faulty"),
    PrimaryKeyConstraint("keyid"),
    Index(None, "user_id"),
    comment="Machines of members that run evaluations for others",
)

evaluation_request = Table(
    "evaluation_request",
    metadata,
    Column("id", Digest, nullable=False, comment="opens the round"),
    Column("repo_id", NUMBER, ForeignKey("repo.id", ondelete="CASCADE"), nullable=False),
    Column("commit", Digest, nullable=False),
    Column("dirhash", Digest, nullable=False),
    Column("weights", Digest, nullable=False, comment="dirHash over the files that are weights"),
    Column("benchmark", NAME, nullable=False),
    Column("manifest", Digest, nullable=False, comment="SHA-256 of the benchmark's manifest"),
    Column("asker", NUMBER, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("asked", BigInteger, nullable=False, comment="seconds since 1970"),
    Column("expected", BigInteger, nullable=False, comment="seconds that one run is expected to take"),
    Column("state", NAME, nullable=False),
    Column("ended", BigInteger, comment="seconds since 1970"),
    Column("note", Text, comment="why it ended as it did"),
    PrimaryKeyConstraint("id"),
    Index(None, "state", "asked"),
    Index(None, "repo_id"),
    CheckConstraint(
        "state IN ('waiting', 'running', 'agreed', 'disputed', 'unconfirmed', 'withdrawn', 'failed')", name="state"
    ),
    comment="Evaluations that members asked others for",
)

evaluation_lease = Table(
    "evaluation_lease",
    metadata,
    Column("id", NUMBER, Identity(), nullable=False),
    Column("request", Digest, ForeignKey("evaluation_request.id", ondelete="CASCADE"), nullable=False),
    Column("part", NAME, nullable=False),
    Column("keyid", Digest, ForeignKey("runner.keyid", ondelete="CASCADE"), nullable=False),
    Column("fence", BigInteger, nullable=False, comment="grows with each lease that is signed for the request"),
    Column("state", NAME, nullable=False),
    Column("until", BigInteger, nullable=False, comment="when what is due next must be there, in seconds since 1970"),
    Column("taken", BigInteger, comment="seconds since 1970"),
    Column("committed", BigInteger, comment="seconds since 1970"),
    Column("statement", Digest, comment="the envelope of the lease, the newest one"),
    Column("commitment", Digest, comment="its envelope"),
    Column("sent", LargeBinary, comment="zlib of JSON: what was revealed, kept back until the round is over"),
    Column("log", LargeBinary, comment="zlib of the sample log, kept back likewise"),
    Column("result", Digest, comment="its envelope, once it is public"),
    Column("note", Text, comment="why it was lost"),
    PrimaryKeyConstraint("id"),
    Index(None, "request"),
    Index(None, "keyid", "state"),
    CheckConstraint("part IN ('run', 'rerun', 'settle')", name="part"),
    CheckConstraint("state IN ('offered', 'held', 'committed', 'revealed', 'public', 'lost')", name="state"),
    comment="Parts of evaluations, each given to one runner",
)

ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("id", NUMBER, Identity(), nullable=False),
    Column("lease", NUMBER, nullable=False, comment="it may be gone with its repo; the hours stay"),
    Column("benchmark", NAME, nullable=False),
    Column("giver", NUMBER, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("receiver", NUMBER, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("seconds", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False, comment="seconds since 1970"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("lease"),
    Index(None, "benchmark"),
    comment="Compute given and received; balances are computed, never stored",
)

log_leaf = Table(
    "log_leaf",
    metadata,
    Column("number", BigInteger, nullable=False, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
    Column("envelope", Digest, comment="null once erased"),
    Column("salt", LargeBinary, comment="null once erased"),
    PrimaryKeyConstraint("number"),
    Index(None, "envelope"),
    comment="Append-only; numbers have no gaps",
)

observation = Table(
    "observation",
    metadata,
    Column("key", NAME, nullable=False),
    Column("data", LargeBinary, nullable=False, comment="zlib of JSON"),
    PrimaryKeyConstraint("key"),
    comment="What readers saw, by content and reader version, so that new rules need no bytes",
)

attempt = Table(
    "attempt",
    metadata,
    Column("key", NAME, nullable=False, comment="subject, task, code version and rules digest"),
    Column("task", NAME, nullable=False),
    Column("repo_id", NUMBER, ForeignKey("repo.id", ondelete="CASCADE"), nullable=False),
    Column("commit", Digest, nullable=False),
    Column("state", NAME, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("fence", BigInteger, nullable=False, comment="grows with each claim; a stale worker cannot close the row"),
    Column("lease_until", BigInteger, nullable=False, comment="milliseconds since 1970"),
    Column("not_before", BigInteger, nullable=False, comment="milliseconds since 1970"),
    Column("created", BigInteger, nullable=False, comment="milliseconds since 1970"),
    Column("ended", BigInteger, comment="milliseconds since 1970"),
    Column("error", Text, comment="why the last try failed"),
    Column("isolation", NAME, comment="how the child that judged was confined; null until it is done"),
    PrimaryKeyConstraint("key"),
    Index(None, "state", "not_before"),
    Index(None, "repo_id", "commit"),
    CheckConstraint("state IN ('wanted', 'done', 'parked')", name="state"),
)

rule_pack = Table(
    "rule_pack",
    metadata,
    Column("id", NAME, nullable=False),
    Column("digest", Digest, nullable=False, comment="SHA-256 of pack.json"),
    Column("body", LargeBinary, nullable=False, comment="pack.json, byte for byte"),
    Column("envelope", LargeBinary, nullable=False, comment="its signature"),
    Column("keyid", Digest, nullable=False, comment="of the key that signed it"),
    Column("measured", Text, nullable=False, comment="precision and recall when it was enabled"),
    Column("since", BigInteger, nullable=False, comment="seconds since 1970"),
    Column("active", Boolean, nullable=False, server_default=true(), comment="the hub judges by it"),
    PrimaryKeyConstraint("id"),
    comment="Detection of members that the hub judges by",
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("sha256", Digest, nullable=False),
    Column("reason", Text, nullable=False),
    Column("statement", Digest, nullable=False, comment="the envelope that says so"),
    Column("since", BigInteger, nullable=False, comment="seconds since 1970"),
    PrimaryKeyConstraint("sha256"),
    comment="Contents that nobody may download",
)

listing = Table(
    "listing",
    metadata,
    Column("repo_id", NUMBER, ForeignKey("repo.id", ondelete="CASCADE"), nullable=False),
    Column("commit", Digest, comment="of the main branch, which the row describes"),
    Column("updated", BigInteger, nullable=False, comment="seconds since 1970"),
    Column("title", Text, nullable=False),
    Column("licence", NAME, comment="as the card declares it"),
    Column("task", NAME, comment="the card's pipeline_tag"),
    Column("library", NAME, comment="the card's library_name"),
    Column("tags", Text, nullable=False, comment="with a space before and after each"),
    Column("words", Text, nullable=False, comment="lower case, what a search looks in"),
    Column("secure", NAME, nullable=False),
    Column("open", NAME, nullable=False),
    Column("portable", NAME, nullable=False),
    Column("evaluated", NAME, nullable=False),
    Column("provenance", NAME, nullable=False),
    PrimaryKeyConstraint("repo_id"),
    Index(None, "updated", "repo_id"),
    comment="What lists and searches show of a repo; follows from its main branch and its evidence",
)

origin = Table(
    "origin",
    metadata,
    Column("repo_id", NUMBER, ForeignKey("repo.id", ondelete="CASCADE"), nullable=False),
    Column("licence", NAME, comment="id of the licence that its files come to; null where none is clear"),
    Column("terms", Text, nullable=False, comment="JSON: the fact `licence`"),
    PrimaryKeyConstraint("repo_id"),
    Index(None, "licence", "repo_id"),
    comment="Terms of a repo; follows from its main branch and its evidence",
)

made_from = Table(
    "made_from",
    metadata,
    Column("repo_id", NUMBER, ForeignKey("repo.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("type", NAME, nullable=False, comment="of the source: model or dataset"),
    Column("key", NAME, nullable=False, comment="name of the source, lower case"),
    Column("name", Text, nullable=False, comment="as the repo says it"),
    Column("relation", NAME, nullable=False, comment="finetune, merge …; data for a dataset"),
    Column("terms", Text, nullable=False, comment="JSON: what is known of its licence by its name"),
    PrimaryKeyConstraint("repo_id", "position"),
    Index(None, "type", "key", "repo_id"),
    comment="Models and datasets that a repo was made from; follows from its main branch and its evidence",
)
