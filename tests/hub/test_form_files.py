"""A form taken piece by piece comes out the same however it is cut, and nonsense is refused."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import RequestError
from assay.hub.form_files import FormFiles

KIND = "multipart/form-data; boundary=b"


class Draft:
    """A draft that keeps what it is given."""

    def __init__(self):
        self.written = {}

    def write(self, path, data):
        self.written[path] = data


def form(draft):
    return FormFiles(KIND, draft, lambda field, name, fields: name)


def body(files):
    parts = (
        f'--b\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\n\r\n'.encode() + data + b"\r\n"
        for name, data in files.items()
    )
    return b"".join(parts) + b"--b--\r\n"


@given(
    st.dictionaries(st.from_regex(r"[a-z]{1,8}\.txt", fullmatch=True), st.text("a\r\n-b", max_size=40), min_size=1),
    st.lists(st.integers(1, 40), max_size=30),
)
def test_files_come_out_as_they_went_in(files, cuts):
    files = {name: text.replace("--b", "").encode() for name, text in files.items()}
    draft, sent = Draft(), body(files)
    taken = form(draft)
    for size in cuts:
        taken.feed(sent[:size])
        sent = sent[size:]
    taken.feed(sent)
    taken.finish()
    assert draft.written == files


@given(st.binary(max_size=300))
def test_any_bytes_give_a_form_or_a_refusal(data):
    taken = form(Draft())
    try:
        taken.feed(b"--b\r\n" + data)
        taken.finish()
    except RequestError:
        pass


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/form-data", "application/json; boundary=b"])
def test_other_bodies_are_refused(kind):
    with pytest.raises(RequestError):
        FormFiles(kind, Draft(), lambda field, name, fields: name)


def test_a_file_that_broke_off_is_dropped():
    dropped = []

    writer = SimpleNamespace(write=lambda data: None, discard=lambda: dropped.append(True))
    draft = Draft()
    draft.node = SimpleNamespace(blobs=SimpleNamespace(writer=lambda **sizes: writer))
    taken = form(draft)
    taken.feed(body({"big": b"x" * 2_000_000})[:-50])
    taken.discard()
    assert dropped == [True]
    assert not draft.written
