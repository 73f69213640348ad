"""SEC455: layers of extensions, and constants beyond the weights."""

from __future__ import annotations

from tests.make.revisions import judged, revision

from assay.finding import Severity


def net(type_, version, size=8):
    data = f'<data element_type="f32" offset="0" shape="2" size="{size}"/>'
    layer = f'<layer id="0" name="a" type="{type_}" version="{version}">{data}</layer>'
    return f'<?xml version="1.0"?>\n<net name="m" version="11"><layers>{layer}</layers></net>'.encode()


FAILING = revision({"m.xml": net("RunCommand", "extension")})
PASSING = revision({
    "m.xml": net("Const", "opset1"), "m.bin": 8, "tokenizer.xml": net("StringTensorUnpack", "extension"),
})  # fmt: skip


def test_constants_beyond_the_weights_fail():
    assert judged("SEC455", revision({"m.xml": net("Const", "opset1", 9), "m.bin": 8}))


def test_a_library_named_in_the_model_fails():
    named = net("Const", "opset1").replace(b'element_type="f32"', b'library="/tmp/x.so"')
    assert [item.severity for item in judged("SEC455", revision({"m.xml": named}))] == [Severity.HIGH]
    labelled = net("Const", "opset1").replace(b'name="a"', b'name="/model/layers.0/Add"')
    assert not judged("SEC455", revision({"m.xml": labelled}))


def test_a_comment_before_the_model_hides_nothing():
    assert judged("SEC455", revision({"model": b"<!-- hello -->\n" + net("Run", "extension").split(b"\n", 1)[1]}))
