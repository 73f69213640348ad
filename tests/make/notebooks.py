"""Jupyter notebooks as JSON."""

from __future__ import annotations

import json
from typing import Any


def notebook(*cells: str | dict[str, Any], language: str = "python") -> bytes:
    """Return a notebook of format 4: a text is the source of a code cell, an object a cell of its own."""
    made = [cell if isinstance(cell, dict) else code(cell) for cell in cells]
    metadata = {"language_info": {"name": language}}
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


def code(source: str, **output: str) -> dict[str, Any]:
    """Return a code cell; keywords are one output, by MIME type with `_` for `/`."""
    data = {mime.replace("_", "/", 1): [text] for mime, text in output.items()}
    outputs = [{"output_type": "display_data", "data": data, "metadata": {}}] if data else []
    return {"cell_type": "code", "source": source.splitlines(keepends=True), "outputs": outputs, "metadata": {}}
