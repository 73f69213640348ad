from tests.make.model_files import gguf, gguf_pair, gguf_tensor

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.readers import gguf as reader


def look(data, **limits):
    return reader.read(BytesBlob(data), Budget(**limits), path="m.gguf", depth=0)


def codes(seen):
    return [problem.code for problem in seen.problems]


def test_a_sound_file():
    metadata = {
        "general.name": "x", "n": 7, "f": 0.5, "b": True, "t": ["a", "bb"], "i": [1, 2, 3],
        "tokenizer.chat_template": "{{ a }}", "tokenizer.chat_template.tool": "{{ b }}",
    }  # fmt: skip
    seen = look(gguf(metadata))
    assert seen.complete
    assert not seen.problems
    assert seen.facts == {
        "version": 3,
        "big_endian": False,
        "metadata": {
            "general.name": "x", "n": 7, "f": "0.5", "b": True, "t": {"array": "string", "length": 2},
            "i": {"array": "i32", "length": 3}, "tokenizer.chat_template": "{{ a }}",
            "tokenizer.chat_template.tool": "{{ b }}",
        },
        "chat_templates": ["{{ a }}", "{{ b }}"],
        "tensors": 1,
        "parameters": 16,
        "types": {"F32": 1},
        "table": [["w", "F32", [4, 4]]],
        "data_bytes": 64,
    }  # fmt: skip


def test_a_long_template_is_kept_whole():
    template = "{% if x %}" + "y" * 50_000
    assert look(gguf({"tokenizer.chat_template": template})).facts["chat_templates"] == [template]


def test_layout():
    a, b = gguf_tensor("a", (8,), 0, 0), gguf_tensor("b", (8,), 0, 32)
    assert codes(look(gguf(tensors=(a, b)))) == []
    assert codes(look(gguf(tensors=(a, gguf_tensor("b", (8,), 0, 0))))) == ["overlap"]
    assert codes(look(gguf(tensors=(a, gguf_tensor("b", (4,), 0, 40))))) == ["unaligned"]
    assert codes(look(gguf(tensors=(gguf_tensor("q", (33, 2), 8, 0),), data=bytes(200)))) == ["shape-mismatch"]
    assert codes(look(gguf(tensors=(a,), data=bytes(9000)))) == ["trailing-bytes"]


def test_lengths_beyond_the_end_stop_the_reader():
    for pair in (
        (5).to_bytes(8, "little") + b"a",
        gguf_pair("a", "text")[:-6],
        b"\x01" + bytes(7) + b"a" + (9).to_bytes(4, "little") + (8).to_bytes(4, "little") + b"\xff" * 8,
        b"\x01" + bytes(7) + b"a" + (9).to_bytes(4, "little") + (0).to_bytes(4, "little") + b"\xff" * 8,
        b"\x01" + bytes(7) + b"a" + (77).to_bytes(4, "little"),
    ):
        data = gguf({}, (), b"")[:16] + (1).to_bytes(8, "little") + pair
        seen = look(data)
        assert not seen.complete
        assert codes(seen) in (["malformed"], ["count-too-large"])


def test_arrays_in_arrays_end_at_the_depth_of_the_budget():
    nested = b"\x01" + bytes(7) + b"a" + (9).to_bytes(4, "little")
    nested += ((9).to_bytes(4, "little") + (1).to_bytes(8, "little")) * 100
    seen = look(gguf({}, (), b"")[:16] + (1).to_bytes(8, "little") + nested)
    assert codes(seen) == ["budget"]
