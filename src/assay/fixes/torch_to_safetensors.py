"""FIX101: torch checkpoints become safetensors, without running their pickles.

A checkpoint, in torch's zip layout or the older one, is a pickle, which is a program, beside raw numbers. Its opcodes
are followed symbolically to learn which numbers make which tensor; the numbers are copied; nothing is imported or
called. Dictionaries within dictionaries, lists and whole modules become names joined by dots. Views, strides and shared
storages are written out, each tensor on its own. Plain values go to `<name>.other.json`. Every other call that loading
would have made, such as one of a shell, is dropped and named in the report. An index of shards is rewritten along with
them.

The tensors are digested as they lie in the checkpoint and again as they are read back from the new file; both digests
of each stand in the conversion statement, so that anyone who holds both files can check it.

Not done, because something would be lost: tensors in sets, under keys that are no text, or made by other functions;
quantised, sparse and lazily conjugated tensors; big-endian files; archives that can be read in two ways; pickles that
are no torch checkpoint; torch's first layout, a tar archive; a shard of a set of which another cannot be converted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeGuard

from assay import __version__
from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.safetensors_file import header
from assay.artifact.tar import TarWalk
from assay.artifact.text.json_document import parse_json
from assay.canonical import JSON
from assay.errors import FixError, ReadError
from assay.fixes._plan import Change, Job, Refusal
from assay.fixes._read_back import digest_of, read_back
from assay.fixes._tensor_bytes import Stored, digest, elements
from assay.fixes._torch_checkpoint import Checkpoint, read_checkpoint
from assay.fixes._torch_legacy import is_legacy
from assay.fixes._written import writing
from assay.statements.predicates.conversion import Converted, TensorProof, conversion

__all__ = ["ID", "apply", "plan"]

ID = "FIX101-torch-to-safetensors"

_INDEX = ".index.json"
_LARGEST_INDEX = 64 * 1024 * 1024
_SUFFIX = re.compile(r"\.(?:bin|pth?|ckpt|th|pkl|pickle)$", re.IGNORECASE)
_CALLS = "loading it runs a program; safetensors holds numbers only"
_FIRST_LAYOUT = frozenset({"sys_info", "pickle", "storages", "tensors"})
"""The members of the tar archives that torch wrote before version 0.1.10 (torch/serialization.py, `legacy_load`)."""
_NOT_TORCH = "is a pickle of another kind than torch's"


def plan(job: Job) -> Iterator[Change | Refusal]:
    """Yield a change or a refusal for every pickle, then one for each index of shards."""
    found: dict[str, Change | Refusal] = {}
    taken: set[str] = set()
    for path in job.files("zip", "pickle"):
        step = _plan_one(job, path, taken)
        if step is not None:
            found[path] = step
    indexes = {path: _shards(job, path) for path in job.entries if path.endswith(f".bin{_INDEX}")}
    for shards in indexes.values():
        if shards is not None:
            _keep_together(found, shards)
    found |= {path: _first_layout(path) for path in job.files("tar") if _is_first_layout(job, path)}
    yield from found.values()
    for path, shards in indexes.items():
        if shards is None:
            yield Refusal(ID, path, "is no index of shards that can be read", "Write it anew with the shards.")
        elif shards and all(isinstance(found.get(shard), Change) for shard in shards):
            yield Change(ID, (_renamed_index(path),), path, "it names shards that become safetensors")


def apply(job: Job, change: Change, out: Path) -> dict[str, JSON] | None:
    """Write the new file and what is beside it, read it back and compare.

    Raises:
        FixError: the file changed since it was planned, cannot be written, or does not read back the same.
    """
    assert change.replaces is not None
    try:
        if change.replaces.endswith(_INDEX):
            _write_index(job, change, out)
            return None
        with job.source.open(job.entries[change.replaces]) as blob:
            content = read_checkpoint(blob, change.replaces, Budget())
            if content is None:
                raise FixError(f"{change.replaces} is no checkpoint any more")
            before = _write(out / change.adds[0], blob, content)
        _write_other(change, content, out)
    except ReadError as error:
        raise FixError(f"cannot convert {change.replaces}: {error}") from error
    after = read_back(out / change.adds[0])
    if {name: proof[0] for name, proof in before.items()} != after:
        raise FixError(f"{change.adds[0]} does not read back as it was written", hint="Check the disk.")
    return conversion(
        f"assay {__version__}",
        ID,
        inputs=[Converted(change.replaces, job.sha256(change.replaces))],
        outputs=[Converted(path, digest_of(out / path)) for path in change.adds],
        tensors=[
            TensorProof(name, one.tensor.dtype, one.tensor.shape, old, after[name])
            for name, (old, one) in sorted(before.items())
        ],
        dropped=change.dropped,
    )


def _plan_one(job: Job, path: str, taken: set[str]) -> Change | Refusal | None:
    try:
        with job.source.open(job.entries[path]) as blob:
            torch = blob.read_at(0, 2) == b"PK" or is_legacy(blob)
            content = read_checkpoint(blob, path, Budget()) if torch else None
            if content is None:
                torch_like = _SUFFIX.search(path) is not None and path in job.files("pickle")
                hint = "Ask its maker for safetensors."
                return Refusal(ID, path, _NOT_TORCH, hint) if torch_like else None
    except FixError as error:
        return Refusal(ID, path, str(error), error.hint())
    except ReadError as error:
        return Refusal(ID, path, f"cannot be read: {error}", "Fetch the file again.")
    adds: tuple[str, ...] = (_renamed(path),)
    if content.other:
        adds += (f"{_SUFFIX.sub('', path)}.other.json",)
    for name in adds:
        if job.has(name) or name.casefold() in taken:
            return Refusal(ID, path, f"{name} is there already", "Compare the two, and remove one.")
    taken.update(name.casefold() for name in adds)
    return Change(ID, adds, path, _CALLS, content.dropped)


def _is_first_layout(job: Job, path: str) -> bool:
    """Whether the tar archive at `path` is a checkpoint, and no mere archive of some."""
    names: set[str] = set()
    with job.source.open(job.entries[path]) as blob, suppress(ReadError):  # of a damaged one, as far as it goes
        names.update(entry.name.removeprefix("./") for entry in TarWalk(blob, Budget(), []).entries())
    return names >= _FIRST_LAYOUT


def _first_layout(path: str) -> Refusal:
    why = "is in the layout of torch before 0.1.10, a tar archive, which is not converted here"
    return Refusal(ID, path, why, "Ask its maker for safetensors, or convert it with torch on a machine you can spare.")


def _renamed(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    name = re.sub(r"^pytorch_model(?=[.-])", "model", name)
    return f"{folder}{slash}{_SUFFIX.sub('', name)}.safetensors"


def _renamed_index(path: str) -> str:
    return _renamed(path.removesuffix(_INDEX)) + _INDEX


def _document(job: Job, path: str) -> JSON:
    with job.source.open(job.entries[path]) as blob:
        if blob.size > _LARGEST_INDEX:
            raise ReadError(f"{path} is too long for an index")
        try:
            text = blob.read_at(0, blob.size).decode("utf-8")
        except UnicodeDecodeError as error:
            raise ReadError(f"{path} is not UTF-8", offset=error.start) from error
        return parse_json(text, Budget()).value


def _shards(job: Job, path: str) -> list[str] | None:
    """Return the shards that the index at `path` names, by their paths; None when it cannot be read."""
    try:
        document = _document(job, path)
    except ReadError:
        return None
    mapping = document.get("weight_map") if isinstance(document, dict) else None
    if not _is_names(mapping):
        return None
    folder = path.rpartition("/")[0]
    return sorted({f"{folder}/{name}" if folder else name for name in mapping.values()})


def _is_names(mapping: JSON) -> TypeGuard[dict[str, str]]:
    return isinstance(mapping, dict) and bool(mapping) and all(isinstance(name, str) for name in mapping.values())


def _keep_together(found: dict[str, Change | Refusal], shards: list[str]) -> None:
    """Refuse all shards of a set when one of them is missing or cannot be converted."""
    bad = next((shard for shard in shards if not isinstance(found.get(shard), Change)), None)
    if bad is None:
        return
    for shard in shards:
        if isinstance(found.get(shard), Change):
            why = f"belongs to a set of shards of which {bad} cannot be converted"
            found[shard] = Refusal(ID, shard, why, "Convert the set as a whole.")


def _write_index(job: Job, change: Change, out: Path) -> None:
    assert change.replaces is not None
    document = _document(job, change.replaces)
    document["weight_map"] = {name: _renamed(shard) for name, shard in document["weight_map"].items()}
    text = json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    with writing(out / change.adds[0]) as file:
        file.write(text.encode("utf-8"))


def _write(file: Path, blob: Blob, content: Checkpoint) -> dict[str, tuple[str, Stored]]:
    """Write the tensors and return each one's digest as it was read."""
    found = {}
    with writing(file) as out:
        out.write(header((one.tensor for one in content.tensors), {"format": "pt"}))
        for one in content.tensors:
            found[one.tensor.name] = (digest(one.tensor, elements(blob, one), out.write), one)
    return found


def _write_other(change: Change, content: Checkpoint, out: Path) -> None:
    if len(change.adds) > 1:
        text = json.dumps(content.other, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n"
        with writing(out / change.adds[1]) as file:
            file.write(text.encode("utf-8"))
