"""The real client, with a memory of its own for each test, and a toy store for it to talk to."""

import importlib.util

import pytest
from tests.make.toy_cas import LATER, toy_cas


class Client:
    """The part of the installed client that speaks with a chunk store."""

    def __init__(self, hf_xet, monkeypatch, folder):
        self._hf_xet, self._monkeypatch, self._folder = hf_xet, monkeypatch, folder
        self._caches = 0
        self.forget()

    def forget(self):
        """Begin with an empty cache, as on another machine."""
        self._caches += 1
        self._monkeypatch.setenv("HF_XET_CACHE", str(self._folder / f"cache {self._caches}"))

    def hash_of(self, data):
        path = self._folder / "hashed"
        path.write_bytes(data)
        (info,) = self._hf_xet.hash_files([str(path)])
        return info.hash

    def upload(self, cas, files):
        """Send {name: bytes} and return what the client says of each."""
        commit = self._hf_xet.XetSession().new_upload_commit(
            endpoint=cas.url, token=cas.token("write"), token_expiry_unix_secs=LATER
        )
        sha256 = self._hf_xet.COMPUTE_SHA256
        handles = {name: commit.start_upload_bytes(data, name=name, sha256=sha256) for name, data in files.items()}
        commit.wait_to_finish()
        return {name: handle.result().xet_info for name, handle in handles.items()}

    def download(self, cas, infos):
        """Fetch {name: what `upload` returned} and return the bytes of each."""
        group = self._hf_xet.XetSession().new_file_download_group(
            endpoint=cas.url, token=cas.token("read"), token_expiry_unix_secs=LATER
        )
        paths = {name: self._folder / f"fetched {number}" for number, name in enumerate(infos)}
        for name, info in infos.items():
            group.start_download_file(info, str(paths[name]))
        group.wait_to_finish()
        return {name: path.read_bytes() for name, path in paths.items()}

    def read(self, cas, info, ranges):
        """Yield the bytes of each (start, end) of a file."""
        group = self._hf_xet.XetSession().new_download_stream_group(
            endpoint=cas.url, token=cas.token("read"), token_expiry_unix_secs=LATER
        )
        for start, end in ranges:
            yield b"".join(map(bytes, group.download_stream(info, start=start, end=end)))


@pytest.fixture
def client(require, monkeypatch, tmp_path):
    require("hf_xet", importlib.util.find_spec("hf_xet"), "the package hf-xet is not installed")
    return Client(importlib.import_module("hf_xet"), monkeypatch, tmp_path)


@pytest.fixture
def cas():
    with toy_cas() as running:
        yield running
