"""One tree for every error a person may see; each says what happened, where, and what to do next.

AssayError
├── UsageError            the command line or a setting makes no sense
├── SourceError           what was to be judged cannot be reached or named
│   ├── PathError         a path is missing, unreadable, a loop, or has a name that cannot be carried
│   ├── ChangedError      a file changed while it was read
│   └── RemoteError       a hub answered wrongly, slowly or not at all
├── ReadError             bytes of one file make no sense in their format (becomes `unknown`, never a crash)
│   └── BudgetError       a reader met its limit of bytes, items or depth
├── IsolationError        the child that judges died, ran out of time or memory, or cannot be isolated
├── StatementError        a statement, envelope or key is malformed
│   └── VerificationError a signature, digest or proof does not hold
├── PolicyError           a policy is not well formed
├── BundleError           a bundle is malformed or does not match its own digests
├── FixError              a repair cannot be made safely
├── EvaluationError       a benchmark, model or run is not usable
├── StoreError            what is stored cannot be had or written
│   ├── NotFoundError     there is no such object, ref or row
│   ├── ConflictError     somebody else changed it first
│   ├── ClaimError        bytes that arrive are not what their sender said they are
│   ├── NoSpaceError      there is no room for what is to be written
│   └── CorruptError      stored bytes do not have the digest they are stored under
├── RequestError          a hub refuses a request
├── RulesError            data that ships with Assay is malformed
└── MissingExtraError     an optional part is not installed
"""

from __future__ import annotations

__all__ = [
    "AssayError",
    "BudgetError",
    "BundleError",
    "ChangedError",
    "ClaimError",
    "ConflictError",
    "CorruptError",
    "EvaluationError",
    "FixError",
    "IsolationError",
    "MissingExtraError",
    "NoSpaceError",
    "NotFoundError",
    "PathError",
    "PolicyError",
    "ReadError",
    "RemoteError",
    "RequestError",
    "RulesError",
    "SourceError",
    "StatementError",
    "StoreError",
    "UsageError",
    "VerificationError",
]


class AssayError(Exception):
    """Base of all errors that Assay raises on purpose."""

    default_hint = ""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self._hint = hint

    def hint(self) -> str:
        """What the person who reads this can do next; empty when there is nothing to add."""
        return self.default_hint if self._hint is None else self._hint


class UsageError(AssayError):
    """The command line, a setting or an argument makes no sense."""


class SourceError(AssayError):
    """What was to be judged cannot be reached or named."""


class PathError(SourceError):
    """A path is missing, unreadable, a loop, or has a name that cannot be carried between systems."""


class ChangedError(SourceError):
    """A file changed while it was read."""

    default_hint = "Run again when nothing writes to it."


class RemoteError(SourceError):
    """A hub answered wrongly, slowly or not at all."""


class ReadError(AssayError):
    """Bytes of one file make no sense in their format.

    `offset` is the position in bytes where reading stopped, when it is known.
    """

    def __init__(self, message: str, *, offset: int | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.offset = offset


class BudgetError(ReadError):
    """A reader met its limit of bytes, items or depth."""


class IsolationError(AssayError):
    """The child that judges died, ran out of time or memory, or cannot be isolated here."""


class StatementError(AssayError):
    """A statement, an envelope or a key is malformed."""


class VerificationError(StatementError):
    """A signature, a digest or a proof does not hold."""


class PolicyError(AssayError):
    """A policy is not well formed."""


class BundleError(AssayError):
    """A bundle is malformed or does not match its own digests."""


class FixError(AssayError):
    """A repair cannot be made safely."""


class EvaluationError(AssayError):
    """A benchmark, a model or a run is not usable."""


class StoreError(AssayError):
    """What is stored cannot be had or written."""


class NotFoundError(StoreError):
    """There is no such object, ref or row."""


class ConflictError(StoreError):
    """Somebody else changed it first."""

    default_hint = "Read it again and try anew."


class ClaimError(StoreError):
    """Bytes that arrive are not what their sender said they are; nothing of them is kept."""

    default_hint = "Compute the digest and the size anew and send it again."


class NoSpaceError(StoreError):
    """There is no room for what is to be written; nothing of it is kept."""

    default_hint = "Free some space, or point the store to a larger disk."


class CorruptError(StoreError):
    """Stored bytes do not have the digest they are stored under; they are never served."""


class RequestError(AssayError):
    """A hub refuses a request, with the HTTP status and the code that clients map to their own errors."""

    def __init__(self, status: int, message: str, *, code: str = "", hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code
        """Value of `X-Error-Code`, such as `RepoNotFound`; empty where the status says all."""


class RulesError(AssayError):
    """Data that ships with Assay is malformed."""


class MissingExtraError(AssayError):
    """An optional part is not installed."""

    @classmethod
    def of(cls, what: str, extra: str) -> MissingExtraError:
        """Return the error that `what`, which the extra `extra` brings, is not there."""
        return cls(f"{what} is not installed", hint=f"Install it with: pip install 'assay-hub[{extra}]'")
