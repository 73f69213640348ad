"""Torch checkpoints put together opcode by opcode, with every freedom that the format has."""

from __future__ import annotations

import io
import zipfile

from tests.make.pickle_parts import FALSE, call, group, mapped, named, number, text

HOOKS = named("collections", "OrderedDict") + b")R"


def storage(kind, key, count, *, tag="storage"):
    return group(text(tag), named("torch", kind), text(key), text("cpu"), number(count)) + b"Q"


def sizes(values):
    return group(*map(number, values))


def tensor(kind="FloatStorage", key="0", count=6, *, offset=0, shape=(2, 3), strides=(3, 1), more=()):
    return call(
        named("torch._utils", "_rebuild_tensor_v2"),
        storage(kind, key, count), number(offset), sizes(shape), sizes(strides), FALSE, HOOKS, *more,
    )  # fmt: skip


def tensor_v3(dtype, *, key="0", nbytes=6, shape=(3,), strides=(1,)):
    untyped = group(text("storage"), named("torch.storage", "UntypedStorage"), text(key), text("cpu"), number(nbytes))
    return call(
        named("torch._utils", "_rebuild_tensor_v3"),
        untyped + b"Q", number(0), sizes(shape), sizes(strides), FALSE, HOOKS, named("torch", dtype),
    )  # fmt: skip


def parameter(inner):
    return call(named("torch._utils", "_rebuild_parameter"), inner, FALSE, HOOKS)


def dictionary(**values):
    return mapped(*(part for name, value in values.items() for part in (text(name), value)))


def ordered(**values):
    pairs = b"".join(text(name) + value for name, value in values.items())
    return named("collections", "OrderedDict") + b")R(" + pairs + b"u"


def checkpoint(body, storages=(), *, order=b"little", root="archive", method=zipfile.ZIP_STORED, after=b""):
    """Return a checkpoint whose pickle leaves `body` on the stack."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(f"{root}/data.pkl", b"\x80\x02" + body + b"." + after)
        if order is not None:
            archive.writestr(f"{root}/byteorder", order)
        for key, data in enumerate(storages):
            archive.writestr(f"{root}/data/{key}", data)
        archive.writestr(f"{root}/version", b"3\n")
    return out.getvalue()
