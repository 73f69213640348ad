"""The check of a card that clients ask for before they push it: what is wrong stops them, what is odd is shown."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.readers import card
from assay.canonical import JSON
from assay.errors import ReadError
from assay.hub.answers import json_answer
from assay.hub.call import Call
from assay.hub.routing import Needs, Route

__all__ = ["routes"]

_WRONG = {"front-matter-malformed", "front-matter-open", "front-matter-no-mapping", "over-budget"}
"""Problems of the card's reader that leave nothing of the front matter to go by."""


class _Asked(msgspec.Struct, rename="camel"):
    content: str
    repo_type: str = "model"


def validate_yaml(call: Call) -> Response:
    """Return errors and warnings about the front matter of a card."""
    asked = call.json(_Asked)
    data = asked.content.encode("utf-8", "replace")
    errors: list[JSON] = []
    warnings: list[JSON] = []
    front: JSON = None
    try:
        seen = card.read(BytesBlob(data), Budget(), path="README.md", depth=0)
        front = seen.facts.get("front_matter")
        for problem in seen.problems:
            (errors if problem.code in _WRONG else warnings).append({"message": problem.message})
    except ReadError as error:
        errors.append({"message": str(error)})
    if isinstance(front, dict) and not isinstance(front.get("model-index", []), list):
        errors.append({"message": '"model-index" must be a list of models with their results'})
    if not errors:
        warnings += [{"message": message} for message in _advice(front)]
    return json_answer({"errors": errors, "warnings": warnings}, 400 if errors else 200)


def _advice(front: JSON) -> list[str]:
    if not isinstance(front, dict) or not front:
        return ["empty or missing yaml metadata in repo card"]
    if not front.get("license"):
        return ["The card declares no license: the Open axis will be unknown. Add 'license:' to its front matter."]
    return []


routes = [Route("POST", "/api/validate-yaml", validate_yaml, Needs.ANYONE, limit=4 * 1024 * 1024)]
