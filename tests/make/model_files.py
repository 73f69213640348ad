"""Models of many formats put together byte by byte: GGUF, protocol buffers (ONNX, TensorFlow, Core ML, Paddle)."""

from __future__ import annotations

import struct
from typing import Any


def gguf_text(text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(data)) + data


def gguf_pair(key: str, value: Any) -> bytes:
    """Return one pair of metadata: a bool, int, float, text, or a list of texts or of ints."""
    head = gguf_text(key)
    if isinstance(value, bool):
        return head + struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return head + struct.pack("<II", 4, value)
    if isinstance(value, float):
        return head + struct.pack("<If", 6, value)
    if isinstance(value, list):
        if value and isinstance(value[0], int):
            return head + struct.pack("<IIQ", 9, 5, len(value)) + struct.pack(f"<{len(value)}i", *value)
        return head + struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(gguf_text, value))
    return head + struct.pack("<I", 8) + gguf_text(value)


def gguf_tensor(name: str, shape: tuple[int, ...], type_: int, offset: int) -> bytes:
    sizes = struct.pack(f"<{len(shape)}Q", *shape)
    return gguf_text(name) + struct.pack("<I", len(shape)) + sizes + struct.pack("<IQ", type_, offset)


def gguf(
    metadata: dict[str, Any] | None = None,
    tensors: tuple[bytes, ...] | None = None,
    data: bytes = bytes(64),
    *,
    counts: tuple[int, int] | None = None,
    version: int = 3,
) -> bytes:
    """Return a GGUF file; by default with a template and one tensor of 16 float32."""
    pairs = [gguf_pair(*item) for item in ({"general.architecture": "llama"} if metadata is None else metadata).items()]
    table = (gguf_tensor("w", (4, 4), 0, 0),) if tensors is None else tensors
    tensor_count, pair_count = counts or (len(table), len(pairs))
    head = b"GGUF" + struct.pack("<IQQ", version, tensor_count, pair_count) + b"".join(pairs) + b"".join(table)
    return head + bytes(-len(head) % 32) + data


def varint(value: int) -> bytes:
    value %= 2**64
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def proto(*fields: tuple[int, Any]) -> bytes:
    """Return a message: an int is a varint, text and bytes are length-delimited."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            data = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(data)) + data
    return out


def onnx_tensor(name: str, shape: tuple[int, ...] = (2,), raw: bytes | None = None, **external: str) -> bytes:
    """Return an initializer of float32; `external` says where its data lie."""
    entries = [(13, proto((1, key), (2, value))) for key, value in external.items()]
    end = [*entries, (14, 1)] if external else [(9, bytes(4 * 2) if raw is None else raw)]
    return proto(*((1, size) for size in shape), (2, 1), (8, name), *end)


def onnx(
    *tensors: bytes, nodes: tuple[bytes, ...] | None = None, more: tuple[tuple[int, Any], ...] = (), graphs: int = 1
) -> bytes:
    """Return an ONNX model."""
    nodes = (onnx_node("Relu"),) if nodes is None else nodes
    graph = proto(*((1, node) for node in nodes), (2, "g"), *((5, tensor) for tensor in tensors))
    return proto((1, 9), (2, "maker"), *[(7, graph)] * graphs, (8, proto((2, 17))), *more)


def onnx_node(type_: str, domain: str = "", *attributes: bytes) -> bytes:
    return proto((1, "x"), (2, "y"), (4, type_), *((5, one) for one in attributes), *([(7, domain)] if domain else []))


def tf_node(op: str, name: str = "n", **attributes: bytes) -> bytes:
    """Return a NodeDef; an attribute is the bytes of its AttrValue."""
    pairs = [(5, proto((1, key), (2, value))) for key, value in attributes.items()]
    return proto((1, name), (2, op), (3, "input"), *pairs)


def tf_text(*texts: str) -> bytes:
    """Return the AttrValue of a constant of strings."""
    return proto((8, proto((1, 7), *((8, text) for text in texts))))


def tf_graph(*nodes: bytes, functions: dict[str, tuple[bytes, ...]] | None = None) -> bytes:
    """Return a GraphDef with functions by name."""
    library = proto(*(
        (1, proto((1, proto((1, name))), *((3, node) for node in inner))) for name, inner in (functions or {}).items()
    ))  # fmt: skip
    return proto(*((1, node) for node in nodes), *([(2, library)] if functions else []), (4, proto((1, 1882))))


def saved_model(graph: bytes, *more: tuple[int, Any]) -> bytes:
    """Return a SavedModel; `more` are further fields of its MetaGraphDef."""
    meta = proto((1, proto((4, "serve"))), (2, graph), *more)
    return proto((1, 1), (2, meta))


SAVES = tf_graph(
    tf_node("Placeholder", "saver_filename"),
    tf_node("Const", "names", value=tf_text("layer-0/kernel/.ATTRIBUTES/VARIABLE_VALUE", "part", "_temp")),
    tf_node("MatMul", "dense/MatMul"),
    functions={
        "__inference__traced_save_1": tuple(
            tf_node(op, op) for op in ("StringJoin", "ShardedFilename", "SaveV2", "MergeV2Checkpoints", "Identity")
        ),
        "__inference__traced_restore_1": (tf_node("RestoreV2"), tf_node("AssignVariableOp")),
    },
)
"""What every saved model holds: a graph, and functions that save and restore its variables."""


def coreml(*layers: bytes, kind: int = 500, body: bytes | None = None) -> bytes:
    """Return a Core ML model: a neural network of `layers`, or `body` as another kind."""
    inner = proto(*((1, layer) for layer in layers)) if body is None else body
    return proto((1, 4), (2, proto((1, proto((1, "input"))))), (kind, inner))


def coreml_layer(name: str, custom: str | None = None) -> bytes:
    kind = (500, proto((10, custom))) if custom is not None else (130, proto((10, b"")))
    return proto((1, name), (2, "in"), (3, "out"), kind)


def coreml_program(file: str) -> bytes:
    """Return a program with one constant whose weights lie in `file`."""
    value = proto((5, proto((1, file), (2, 64))))
    block = proto((3, proto((1, "const"), (5, proto((1, "val"), (2, value))))))
    function = proto((3, proto((1, "CoreML7"), (2, block))))
    return coreml(kind=502, body=proto((1, 1), (2, proto((1, "main"), (2, function)))))


def paddle(*operators: tuple[str, dict[str, str]]) -> bytes:
    """Return a Paddle program of operators with attributes that are text."""
    made = []
    for type_, attributes in operators:
        pairs = [(4, proto((1, key), (2, 2), (5, text))) for key, text in attributes.items()]
        made.append((4, proto((1, proto((1, "X"), (2, "x"))), (3, type_), *pairs)))
    block = proto((1, 0), (2, 2**64 - 1), (3, proto((1, "x"), (2, proto((1, 7))))), *made)
    return proto((1, block), (4, proto((1, 0))))
