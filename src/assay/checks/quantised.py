"""By which method weights are quantised, as far as the files beside them say, and which vendors can run that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from assay.artifact.revision import Revision
from assay.canonical import JSON
from assay.rules import load

__all__ = ["Quantised", "quantised"]

_KEYS = ("quantization_config", "compression_config")


class Quantised(NamedTuple):
    """One declaration that weights are quantised."""

    file: str
    location: str
    method: str | None
    """As the table calls it; None where it is not named."""

    @property
    def runs_on(self) -> tuple[str, ...] | None:
        """The vendors that run it, by the table; None where it is not in there."""
        entry = load("quantisations")["entries"].get(self.method)
        return None if entry is None else tuple(entry["runs_on"])


def quantised(revision: Revision, folder: str = "") -> Iterator[Quantised]:
    """Yield what the files in `folder` say of the weights in it."""
    before = f"{folder}/" if folder else ""
    config = _document(revision, f"{before}config.json")
    declared = next((key for key in _KEYS if config.get(key) is not None), None)
    if declared is not None:
        yield Quantised(f"{before}config.json", f"key {declared}", _method(config[declared], declared))
        return
    mlx = config.get("quantization")
    if isinstance(mlx, dict) and "bits" in mlx:
        yield Quantised(f"{before}config.json", "key quantization", "mlx")
        return
    for name, method in (("quantize_config.json", "gptq"), ("quant_config.json", "awq")):
        document = _document(revision, f"{before}{name}")
        if document:
            yield Quantised(f"{before}{name}", "key quant_method", _method(document, "") or method)
            return
    if _document(revision, f"{before}hf_quant_config.json"):
        yield Quantised(f"{before}hf_quant_config.json", "key producer", "modelopt")


def _document(revision: Revision, path: str) -> dict[str, JSON]:
    document = revision.facts(path).get("document")
    return document if isinstance(document, dict) else {}


def _method(config: JSON, key: str) -> str | None:
    if not isinstance(config, dict):
        return None
    if config.get("load_in_4bit") is True or config.get("load_in_8bit") is True:
        return "bitsandbytes"
    method = config.get("quant_method")
    if not isinstance(method, str):
        return "compressed-tensors" if key == "compression_config" else None
    return method.lower()
