"""Model formats whose headers claim too much, nest too deep, or lead in circles.

Written from the specifications of safetensors, GGUF, protocol buffers, ONNX, TensorFlow GraphDef, HDF5, FlatBuffers,
Arrow IPC, Parquet (Thrift compact), UBJSON and R's serialization; CVE-2023-25664 kin, CWE-130, 400, 674, 770, 789, 835.
"""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Callable, Iterator

from samples.build.archives import zip_of
from samples.build.hdf5 import hdf5
from samples.build.protobuf import message, varint
from samples.denial import Load, file
from samples.graphs import onnx

__all__ = ["loads"]

_MB = 1 << 20


def _safetensors(header: bytes, tail: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header)) + header + tail


def _tensors(count: int) -> bytes:
    entry = '"%d":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}'
    return _safetensors(("{" + ",".join(entry % number for number in range(count)) + "}").encode())


def _gguf(tensors: int, pairs: int, body: bytes) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, tensors, pairs) + body


def _gguf_text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _gguf_pairs() -> bytes:
    return _gguf(0, 900_000, b"".join(_gguf_text(f"k{n}") + struct.pack("<IB", 0, 1) for n in range(900_000)))


def _gguf_tensors() -> bytes:
    return _gguf(500_000, 0, b"".join(_gguf_text(f"t{n}") + struct.pack("<IIQ", 0, 0, 0) for n in range(500_000)))


def _gguf_strings() -> bytes:
    count = 5_000_000
    return _gguf(0, 1, _gguf_text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, count) + bytes(8 * count))


def _gguf_arrays() -> bytes:
    return _gguf(0, 1, _gguf_text("a") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 500_000)


def _gguf_empty_arrays() -> bytes:
    count = 3_000_000
    return _gguf(0, 1, _gguf_text("a") + struct.pack("<IIQ", 9, 9, count) + struct.pack("<IQ", 0, 0) * count)


def _nested_message(number: int, levels: int, inner: bytes = b"") -> bytes:
    """Return a message in a message, and so on, each as field `number`, made from the inside in pieces."""
    parts, size = [inner], len(inner)
    for _ in range(levels):
        head = varint(number << 3 | 2) + varint(size)
        parts.append(head)
        size += len(head)
    return b"".join(reversed(parts))


def _subgraphs() -> bytes:
    """Return ONNX whose node holds a graph as attribute, whose node holds a graph, and so on."""
    parts, size = [b""], 0
    for _ in range(60_000):
        for number in (6, 5, 1):  # attribute's graph, node's attribute, graph's node
            head = varint(number << 3 | 2) + varint(size)
            parts.append(head)
            size += len(head)
    return message((1, 8)) + varint(7 << 3 | 2) + varint(size) + b"".join(reversed(parts))


def _onnx_nodes(count: int) -> bytes:
    node = message((1, "a"), (2, "b"), (4, "Add"))
    graph = message((1, node)) * count
    return message((1, 8), (7, graph), (8, message((2, 17))))


def _graph_nodes() -> bytes:
    nodes = b"".join(message((1, message((1, f"n{n}"), (2, "Identity")))) for n in range(500_000))
    return message((1, 1), (2, message((2, nodes))))


def _tree_circle() -> bytes:
    """Return HDF5 whose group's tree has itself as its children."""
    data = bytearray(hdf5(model_config="{}"))
    at = data.index(b"TREE")
    data[at : at + 8] = b"TREE" + struct.pack("<BBH", 0, 1, 32)
    data[at + 24 : at + 24 + 8 * 65] = struct.pack("<QQ", 0, at) * 32 + bytes(8)
    return bytes(data)


def _tree_of_links() -> bytes:
    """Return HDF5 whose group's symbols are that group itself, over and over."""
    data = bytearray(hdf5(model_config="{}"))
    at, end = data.index(b"TREE"), len(data)
    data[at : at + 8] = b"TREE" + struct.pack("<BBH", 0, 0, 32)
    data[at + 24 : at + 24 + 8 * 65] = struct.pack("<QQ", 8, end) * 32 + bytes(8)
    heap = data.index(b"HEAP")
    data[heap + 40 : heap + 48] = b"a\0\0\0\0\0\0\0"
    entry = struct.pack("<QQII", 8, 96, 0, 0) + bytes(16)
    return bytes(data) + b"SNOD" + struct.pack("<BBH", 1, 0, 2000) + entry * 2000


def _continued() -> bytes:
    """Return HDF5 whose root header goes on where it begins."""
    data = bytearray(hdf5(model_config="x" * 60))
    at = 96 + 16 + 24
    size = len(data) - 96 - 16
    data[at : at + 24] = struct.pack("<HHB3xQQ", 0x10, 16, 0, 96 + 16, min(size, 200))
    return bytes(data)


def _flat_circle(mark: bytes) -> bytes:
    """Return a flatbuffer whose tables' fields lead back to the tables: a vector of the root, in the root."""
    slots = 8
    vtable = struct.pack("<HH", 4 + 2 * slots, 4 + 4 * slots) + b"".join(
        struct.pack("<H", 4 + 4 * slot) for slot in range(slots)
    )
    root = 8 + len(vtable) + (-len(vtable) % 4)
    table = struct.pack("<i", root - 8)
    vector_at = root + 4 + 4 * slots
    for slot in range(slots):
        table += struct.pack("<I", vector_at - (root + 4 + 4 * slot))
    count = 4000
    vector = struct.pack("<I", count)
    for index in range(count):
        vector += struct.pack("<I", (root - (vector_at + 4 + 4 * index)) & 0xFFFFFFFF)
    return struct.pack("<I", root) + mark + vtable.ljust(root - 8, b"\0") + table + vector


def _arrow(levels: int) -> bytes:
    """Return an Arrow schema whose fields have one field as child twice, and that again: 2^levels fields."""
    tables: list[bytes] = []
    vtable = struct.pack("<8H", 16, 8, 0, 0, 0, 0, 0, 4)  # of a Field: only `children`, its sixth slot
    # From the end: each level is vtable, table, vector of two references to the next level's table.
    level = len(vtable) + 8 + 12
    start = 8 + 12 + 12 + 12 + 8
    for index in range(levels):
        table = struct.pack("<iI", len(vtable), 4)
        here = start + index * level + len(vtable) + 8 + 4
        following = start + (index + 1) * level + len(vtable)
        last = index == levels - 1
        vector = struct.pack(
            "<III", 0 if last else 2, 0 if last else following - here, 0 if last else following - here - 4
        )
        tables.append(vtable + table + vector)
    # Message: version, header type 1 (Schema), header; Schema: endianness, fields.
    message_vtable = struct.pack("<6H", 10, 12, 8, 9, 4, 0)
    root = 8 + 12 + 8
    body = struct.pack("<I", 8 + 12) + bytes(4) + message_vtable
    body += struct.pack("<iI", 12, 0) + struct.pack("<HBB", 4, 1, 0)
    del root
    schema_at = len(body) + 8
    body = body[:24] + struct.pack("<I", schema_at - 24) + body[28:]
    body += struct.pack("<4H", 8, 8, 0, 4) + struct.pack("<iI", 8, 4) + struct.pack("<II", 1, 0)
    field = len(body) - 4
    offset = start + len(vtable) + (len(body) - start) - field
    body = body[:-4] + struct.pack("<I", offset)
    body += b"".join(tables)
    size = -(-len(body) // 8) * 8
    piece = b"\xff\xff\xff\xff" + struct.pack("<I", size) + body.ljust(size, b"\0")
    return b"ARROW1\0\0" + piece + b"\xff\xff\xff\xff\0\0\0\0" + struct.pack("<I", 0) + b"ARROW1"


def _parquet(footer: bytes) -> bytes:
    return b"PAR1" + footer + struct.pack("<I", len(footer)) + b"PAR1"


def _rds(body: bytes) -> bytes:
    return gzip.compress(b"X\n" + struct.pack(">iii", 2, 0x40300, 0x20300) + body, mtime=0)


def _keras(config: str) -> bytes:
    return zip_of({"metadata.json": b"{}", "config.json": config.encode()}, compress=True)


def _layers(count: int) -> str:
    layer = {"class_name": "Lambda", "config": {"name": "l", "function": "a"}}
    return json.dumps({"class_name": "Sequential", "config": {"layers": [layer] * count}})


def _trees(count: int) -> bytes:
    tree = {"left_children": [-1], "right_children": [-1], "split_conditions": [0], "base_weights": [0], "parents": [0]}
    model = {"gbtree_model_param": {"num_trees": str(count)}, "trees": [tree] * count, "tree_info": [0] * count}
    return json.dumps(
        {"version": [2, 0, 0], "learner": {"gradient_booster": {"name": "gbtree", "model": model}}}
    ).encode()


_UBJSON = b"{L\0\0\0\0\0\0\0\x07learner"
_ELF = b"\x7fELF\x02\x01\x01" + bytes(9)
_FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "safetensors-length": ("m.safetensors", lambda: struct.pack("<Q", 1 << 62) + b"{}"),
    "safetensors-long": ("m.safetensors", lambda: struct.pack("<Q", 99_000_000) + b'{"a":1' + b" " * 99_000_000),
    "safetensors-spaces": ("m.safetensors", lambda: _safetensors(b"{" + b" " * (90 * _MB) + b"}")),
    "safetensors-tensors": ("m.safetensors", lambda: _tensors(400_000)),
    "safetensors-deep": ("m.safetensors", lambda: _safetensors(b'{"a":' * (5 * _MB))),
    "safetensors-objects": ("m.safetensors", lambda: _safetensors(b'{"a":[' + b"{}," * (20 * _MB) + b"{}]}")),
    "safetensors-metadata": ("m.safetensors", lambda: _safetensors(
        b'{"__metadata__":{' + b",".join(b'"%d":"a"' % n for n in range(2_000_000)) + b"}}")),
    "safetensors-shape": ("m.safetensors", lambda: _safetensors(
        b'{"a":{"dtype":"F32","shape":[' + b"9999999999," * 500_000 + b'1],"data_offsets":[0,0]}}')),
    "gguf-counts": ("m.gguf", lambda: _gguf(1 << 62, 1 << 62, bytes(100))),
    "gguf-pairs": ("m.gguf", _gguf_pairs),
    "gguf-tensors": ("m.gguf", _gguf_tensors),
    "gguf-strings": ("m.gguf", _gguf_strings),
    "gguf-nested-arrays": ("m.gguf", _gguf_arrays),
    "gguf-empty-arrays": ("m.gguf", _gguf_empty_arrays),
    "gguf-empty-pairs": ("m.gguf", lambda: _gguf(0, 2_000_000, struct.pack("<QIB", 0, 0, 1) * 2_000_000)),
    "gguf-template": ("m.gguf", lambda: _gguf(0, 1, _gguf_text("tokenizer.chat_template") + struct.pack("<I", 8)
                                              + _gguf_text("{{ " + "(" * 900_000))),
    "onnx-nodes": ("m.onnx", lambda: _onnx_nodes(1_500_000)),
    "onnx-subgraphs": ("m.onnx", _subgraphs),
    "onnx-varints": ("m.onnx", lambda: onnx("w.bin") + b"\x80" * (20 * _MB)),
    "onnx-long-varints": ("m.onnx", lambda: onnx("w.bin") + (b"\x88\x7d" + b"\xff" * 9 + b"\1") * 2_000_000),
    "onnx-unknown-fields": ("m.onnx", lambda: onnx("w.bin") + b"\xf8\x07\x01" * 8_000_000),
    "onnx-groups": ("m.onnx", lambda: onnx("w.bin") + b"\xfb\x07" * 5_000_000),
    "onnx-strings": ("m.onnx", lambda: message((1, 8)) + message((2, "")) * 8_000_000),
    "saved-model-nodes": ("saved_model.pb", _graph_nodes),
    "saved-model-nested": ("saved_model.pb", lambda: message((1, 1)) + _nested_message(2, 100_000)),
    "saved-model-attributes": ("saved_model.pb", lambda: message((1, 1), (2, message((2, message((1, message(
        (1, "n"), (2, "Const")) + message((5, message((1, "k"), (2, message((3, 1)))))) * 1_000_000))))))),
    "graph-text": ("graph.pbtxt", lambda: b'node { name: "a" op: "Identity" }\n' * 600_000),
    "graph-text-nested": ("graph.pbtxt", lambda: b"node {\n" * 2_000_000),
    "graph-text-string": ("graph.pbtxt", lambda: b'node { name: "' + b"\\" * (20 * _MB)),
    "coreml-nested": ("m.mlmodel", lambda: message((1, 5), (2, message((1, "a")))) + _nested_message(200, 100_000)),
    "coreml-layers": ("m.mlmodel", lambda: message((1, 5), (2, b""), (500, message((1, message((1,
        "a")))) * 2_000_000))),
    "hdf5-tree-circle": ("m.h5", _tree_circle),
    "hdf5-group-circle": ("m.h5", _tree_of_links),
    "hdf5-continued": ("m.h5", _continued),
    "hdf5-config": ("m.h5", lambda: hdf5(model_config='{"class_name":"Sequential","config":' + '{"a":' * 10_000)),
    "tflite-circle": ("m.tflite", lambda: _flat_circle(b"TFL3")),
    "executorch-circle": ("m.pte", lambda: _flat_circle(b"ET12")),
    "arrow-shared": ("d.arrow", lambda: _arrow(60)),
    "parquet-long-list": ("d.parquet", lambda: _parquet(b"\x15\x02\x29\xfc\xff\xff\xff\xff\x07" + bytes(_MB))),
    "parquet-empty-structs": ("d.parquet",
        lambda: _parquet(b"\x15\x02\x19\xfc" + varint(15_000_000) + bytes(15_000_000))),
    "parquet-nested-structs": ("d.parquet", lambda: _parquet(b"\x1c" * (4 * _MB))),
    "parquet-nested-lists": ("d.parquet", lambda: _parquet(b"\x19" * (4 * _MB))),
    "parquet-length": ("d.parquet", lambda: _parquet(b"\x15\x02\x18\xff\xff\xff\xff\x0f" + bytes(_MB))),
    "parquet-varint": ("d.parquet", lambda: _parquet(b"\x15" + b"\xff" * (4 * _MB))),
    "rds-vector": ("m.rds", lambda: _rds(struct.pack(">iii", 14, -1, 1 << 30) + struct.pack(">i", -1))),
    "rds-nested": ("m.rds", lambda: _rds(struct.pack(">ii", 19, 1) * 500_000)),
    "rds-pairs": ("m.rds", lambda: _rds((struct.pack(">i", 2) + struct.pack(">i", 254)) * 2_000_000)),
    "rds-attributes": ("m.rds", lambda: _rds(struct.pack(">i", 0x202) * 2_000_000)),
    "keras-layers": ("m.keras", lambda: _keras(_layers(300_000))),
    "keras-deep": ("m.keras", lambda: _keras('{"class_name":"Sequential","config":{"layers":[' * 50_000)),
    "xgboost-trees": ("m.json", lambda: _trees(150_000)),
    "ubjson-nested": ("m.ubj", lambda: _UBJSON + b"[" * (4 * _MB)),
    "ubjson-count": ("m.ubj", lambda: _UBJSON + b"[$Z#L" + struct.pack(">Q", 1 << 60)),
    "ubjson-empty": ("m.ubj", lambda: _UBJSON + b"[" + b"[]{}" * (5 * _MB)),
    "lightgbm-trees": ("m.txt", lambda: b"tree\nversion=v4\nnum_class=1\n\n" + b"Tree=0\nnum_leaves=1\n\n" * 800_000),
    "lightgbm-line": ("m.txt", lambda: b"tree\nversion=v4\ntree_sizes=" + b"1 " * (15 * _MB)),
    "npy-shape": ("m.npy", lambda: b"\x93NUMPY\x02\0" + struct.pack("<I", 60_000)
                  + (b"{'descr': '<f4', 'fortran_order': False, 'shape': (" + b"9" * 59_000).ljust(60_000)),
    "npy-fields": ("m.npy", lambda: b"\x93NUMPY\x02\0" + struct.pack("<I", 64_000)
                   + (b"{'descr': [" + b"('a','<f4')," * 5000 +
                       b"], 'fortran_order': False, 'shape': (1,)}").ljust(64_000)),
    "elf-sections": ("m.so", lambda: _ELF + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 64, 0, 64, 56, 65535,
        64, 65535, 0)
                     + bytes(65535 * 64)),
    "skops-nested": ("m.skops", lambda: zip_of({"schema.json": b'{"__class__":"a","content":' * 50_000},
        compress=True)),
    "skops-nodes": ("m.skops", lambda: zip_of({"schema.json": b'{"content":[' + b'{"__class__":"a","__module__":"b"},'
                                              * 300_000 + b"{}]}"}, compress=True)),
    "catboost-noise": ("m.cbm", lambda: b"CBM1" + struct.pack("<I", 1 << 30) + bytes(_MB)),
    "paddle-nested": ("inference.pdmodel", lambda: _nested_message(1, 200_000)),
}  # fmt: skip


def loads() -> Iterator[Load]:
    """Yield each model."""
    for name, (path, content) in _FILES.items():
        yield file(f"model-{name}", path, content, "the format's specification; CWE-400, CWE-674, CWE-770")
