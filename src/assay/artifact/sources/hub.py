"""A repo on a Hugging-Face-compatible hub, listed by its API and read by HTTP range requests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import NamedTuple, TypeGuard
from urllib.parse import quote, urljoin

from assay.artifact.blob import Blob
from assay.artifact.identity import check_paths, normal_path
from assay.artifact.sources import Entry
from assay.artifact.sources.hub_address import HubAddress, parse_hub_address
from assay.artifact.sources.local import LEFT_OUT, MAX_FILES
from assay.artifact.sources.ranges import Piece, RangeBlob
from assay.canonical import JSON
from assay.egress import ByteRange, Egress, Response, origin, printable
from assay.errors import ChangedError, ReadError, RemoteError

__all__ = ["HubAddress", "HubSource", "open_hub", "parse_hub_address"]

MAX_BYTES = 128 * 1024 * 1024
"""What reading the files of one revision may bring over the line."""
_PAGE = 8 * 1024 * 1024
"""Longest answer of the API, in bytes."""
_PAGES = 1000
_WHOLE = 1024 * 1024
"""A server that ignores Range is put up with for files up to this size, in bytes."""
_LARGEST = 2**50
_NOT_A_HUB = "Check that the address is that of a repo on a Hugging-Face-compatible hub."
_DISTRUST = "The hub, or something on the way, does not answer truly; download the files and judge the folder."


class HubSource:
    """One revision of a repo; only what readers ask for is fetched, at most `max_bytes` altogether."""

    kind = "hub"
    whole = False

    def __init__(
        self, address: HubAddress, egress: Egress, *, token: str | None = None, max_bytes: int = MAX_BYTES
    ) -> None:
        self.address = address
        self.name = f"{address.repo}@{address.revision}"
        self.git_commit: str | None = None
        """What the revision's name stood for when it was listed; None before."""
        self._egress = egress
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._max_bytes = max_bytes
        self._listed: dict[str, _Listed] | None = None
        self._before_files = 0

    def entries(self) -> list[Entry]:
        """Return every file of the revision, sorted by the bytes of its path; the hub is asked once.

        Raises:
            RemoteError: the hub does not answer, refuses, or answers what no hub would.
            PathError: a name cannot be carried, or two could not lie side by side.
        """
        if self._listed is None:
            self.git_commit = self._commit()
            listed = sorted(self._tree(self.git_commit), key=lambda item: item.entry.path.encode())
            paths = [item.entry.path for item in listed]
            twice = next((path for path, next_ in pairwise(paths) if path == next_), None)
            if twice is not None:
                raise RemoteError(f"{self.name}: the listing names {twice!r} twice", hint=_NOT_A_HUB)
            check_paths(paths)
            self._listed = {item.entry.path: item for item in listed}
            self._before_files = self._egress.bytes_received
        return [item.entry for item in self._listed.values()]

    @contextmanager
    def open(self, entry: Entry) -> Iterator[Blob]:
        """Open one file that `entries` listed; nothing is fetched before it is read.

        Reading raises `RemoteError` when the hub fails or lies, `ChangedError` when it turns to another version,
        and `ReadError` when the bytes that one revision may cost are spent.
        """
        assert self._listed is not None
        assert self.git_commit is not None
        url = self.address.file(self.git_commit, self._listed[entry.path].name)
        file = _RemoteFile(
            entry, url, self.git_commit, self._egress, headers=self._headers, grant=partial(self._grant, entry.path)
        )
        yield RangeBlob(entry.size, file)

    def _grant(self, path: str, need: int, want: int) -> int:
        """Return how many bytes may be fetched: `want`, but at least `need`."""
        left = self._max_bytes - (self._egress.bytes_received - self._before_files)
        if need > left:
            raise ReadError(
                f"{path} needs {need:,} more bytes, and {max(left, 0):,} are left of the {self._max_bytes:,} "
                "that may be fetched to judge a revision from afar; download it and judge the folder"
            )
        return min(want, left)

    def _commit(self) -> str:
        url = f"{self.address.api}/revision/{quote(self.address.revision, safe='')}"
        info = _json(self._ask(url))
        commit = info.get("sha") if isinstance(info, dict) else None
        if not isinstance(commit, str) or not re.fullmatch(r"[0-9a-f]{40}", commit):
            raise RemoteError(f"{url} names no commit", hint=_NOT_A_HUB)
        return commit

    def _tree(self, commit: str) -> Iterator[_Listed]:
        url: str | None = f"{self.address.api}/tree/{commit}?recursive=true&expand=false"
        seen: set[str] = set()
        lines = 0
        while url is not None:
            if url in seen or len(seen) == _PAGES:
                raise RemoteError(f"{self.name}: the pages of the listing go in a circle or do not end", hint=_DISTRUST)
            seen.add(url)
            response = self._ask(url)
            page = _json(response)
            if not isinstance(page, list):
                raise RemoteError(f"{printable(response.url)} is no listing of files", hint=_NOT_A_HUB)
            lines += len(page)
            if lines > MAX_FILES:
                raise RemoteError(f"{self.name}: more than {MAX_FILES:,} files", hint="Judge a smaller repo.")
            for item in page:
                listed = _listed(item, self.name)
                if listed is not None:
                    yield listed
            url = _next_page(response)

    def _ask(self, url: str) -> Response:
        # A page may continue where a redirect led; the token does not go there.
        headers = self._headers if origin(url) == origin(self.address.endpoint) else {}
        return self._egress.get_following(url, headers=headers, max_bytes=_PAGE)


def open_hub(text: str, egress: Egress, *, endpoint: str | None = None, token: str | None = None) -> HubSource:
    """Return the source at an address as `parse_hub_address` reads it; `token` is for the hub at `endpoint` only.

    Raises:
        UsageError: no repo or no revision can be told from it.
    """
    address = parse_hub_address(text, endpoint=endpoint)
    trusted = endpoint is not None and origin(address.endpoint) == origin(endpoint)
    return HubSource(address, egress, token=token if trusted else None)


class _Listed(NamedTuple):
    """A file of the listing: as it is judged, and as the hub calls it."""

    entry: Entry
    name: str


class _RemoteFile:
    """Fetches ranges of one file and believes nothing that can be checked."""

    def __init__(
        self,
        entry: Entry,
        url: str,
        commit: str,
        egress: Egress,
        *,
        headers: Mapping[str, str],
        grant: Callable[[int, int], int],
    ) -> None:
        self._entry = entry
        self._url = url
        self._commit = commit
        self._egress = egress
        self._headers = headers
        self._grant = grant
        self._elsewhere: str | None = None
        self._etag: str | None = None

    def __call__(self, start: int, need: int, want: int) -> Piece:
        """Return bytes from `start`, as `Fetch` has it."""
        part = ByteRange(start, self._grant(need, want))
        response = self._ask(part)
        self._check_version(response)
        if response.status == 206:
            self._check_part(response, part)
            return Piece(start, response.body)
        if response.status != 200 or len(response.body) != self._entry.size:
            raise self._lie(f"status {response.status} with {len(response.body):,} bytes")
        return Piece(0, response.body)

    def _ask(self, part: ByteRange) -> Response:
        size = self._entry.size
        most = max(part.length, size if size <= _WHOLE else 0)
        if self._elsewhere is not None:
            response = self._egress.get(self._elsewhere, byte_range=part, max_bytes=most)
            if response.status in (200, 206):
                return response
            # A signed address has run out; the hub gives a new one.
            self._elsewhere = None
        response = self._egress.get_following(self._url, headers=self._headers, byte_range=part, max_bytes=most)
        if origin(response.url) != origin(self._url):
            self._elsewhere = response.url
        return response

    def _check_version(self, response: Response) -> None:
        for one in (*response.via, response):
            commit = one.headers.get("x-repo-commit", self._commit)
            if commit != self._commit:
                raise ChangedError(
                    f"{self._entry.path}: the hub answers from commit {printable(commit)}, not {self._commit}"
                )
        etag = response.headers.get("etag")
        if etag is not None and self._etag is not None and etag != self._etag:
            raise ChangedError(f"{self._entry.path} changed on the hub while it was read")
        self._etag = etag or self._etag

    def _check_part(self, response: Response, part: ByteRange) -> None:
        said = response.headers.get("content-range", "")
        if said != f"bytes {part.start}-{part.start + part.length - 1}/{self._entry.size}":
            raise self._lie(f"Content-Range {printable(said)!r} for bytes from {part.start:,}, {part.length:,} long")
        if len(response.body) != part.length:
            raise self._lie(f"{len(response.body):,} bytes where {part.length:,} were announced")

    def _lie(self, what: str) -> RemoteError:
        return RemoteError(
            f"{self._entry.path}: the hub lists {self._entry.size:,} bytes, but the server answers with {what}",
            hint=_DISTRUST,
        )


def _json(response: Response) -> JSON:
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        raise RemoteError(f"{printable(response.url)} does not answer in JSON", hint=_NOT_A_HUB) from None


def _listed(item: JSON, name: str) -> _Listed | None:
    """Return one line of the listing; None for a folder and for what is no part of an artifact."""
    if not isinstance(item, dict) or not isinstance(item.get("path"), str):
        raise RemoteError(f"{name}: the listing holds something that is no file or folder", hint=_NOT_A_HUB)
    path = normal_path(item["path"])
    if item.get("type") == "directory" or any(path == left or path.startswith(f"{left}/") for left in LEFT_OUT):
        return None
    lfs = item.get("lfs") or {}
    size = item.get("size")
    if item.get("type") != "file" or not isinstance(lfs, dict) or not _is_size(size) or lfs.get("size", size) != size:
        raise RemoteError(f"{name}: the listing says {path!r} is no file, or gives it no possible size", hint=_DISTRUST)
    sha256, git_oid = lfs.get("oid"), item.get("oid")
    if not (_is_digest(sha256, 64) and (_is_digest(git_oid, 40) or _is_digest(git_oid, 64))):
        raise RemoteError(f"{name}: the listing gives {path!r} a digest that is none", hint=_DISTRUST)
    # Repos in git's SHA-256 format have longer ids, which say nothing here.
    return _Listed(Entry(path, size, sha256, git_oid if _is_digest(git_oid, 40) else None), item["path"])


def _is_size(value: JSON) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST


def _is_digest(value: JSON, length: int) -> TypeGuard[str | None]:
    """Tell whether `value` is a hex digest of `length` digits, or absent."""
    return value is None or (isinstance(value, str) and re.fullmatch(rf"[0-9a-f]{{{length}}}", value) is not None)


def _next_page(response: Response) -> str | None:
    match = re.search(r'<([^>]*)>\s*;\s*rel="?next"?', response.headers.get("link", ""))
    if match is None:
        return None
    try:
        url: str = urljoin(response.url, match[1])
    except ValueError:
        raise RemoteError(f"{printable(response.url)} continues at what is no address", hint=_DISTRUST) from None
    if origin(url) != origin(response.url):
        raise RemoteError(f"{printable(response.url)} continues on another host", hint=_DISTRUST)
    return url
