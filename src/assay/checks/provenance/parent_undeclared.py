"""PRV102: whether the card says what the model was made from; states the fact `lineage`."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.canonical import JSON
from assay.checks import check, fail, unknown
from assay.checks.parents import Parent, declared_parents, family, from_scratch, hinted_parents
from assay.checks.wording import shown, unread
from assay.finding import Fact, Finding, Severity

__all__ = ["parent_undeclared"]

_FIX = "Name it under `base_model` in README.md, or tag the model `from-scratch` if there is none."


@check("PRV102-parent-undeclared", severity=Severity.MEDIUM, claims=("card",))
def parent_undeclared(revision: Revision) -> Iterator[Finding | Fact]:
    """The card says what the model was made from, or that it was trained from scratch.

    Licence, flaws and advisories come down from parents. A model that hides its parents escapes all three, and so
    does one whose maker only forgot. A config often still names the parent where the card is silent.

    Sample: `"_name_or_path": "meta-llama/Llama-2-7b-hf"` in `config.json`, and a card without `base_model`.

    Fix: write `base_model: ORG/NAME` and `base_model_relation` into the front matter; or add the tag `from-scratch`.

    References: Hugging Face model cards, `base_model`; arXiv 2508.06811 (lineage of 1.86 million models).
    """
    yield from unread(parent_undeclared, revision, "config.json", "adapter_config.json")
    declared = declared_parents(revision)
    hinted = tuple(hinted_parents(revision))
    scratch = from_scratch(revision)
    yield Fact("lineage", _fact((*declared, *hinted), declared=bool(declared) or (scratch and not hinted)))
    for parent in hinted:
        location, detail = f"key {parent.key}", {"parent": parent.name}
        if scratch:
            message = f"tagged from-scratch, yet {parent.file} names {parent.name}"
            yield fail(parent_undeclared, message, file=parent.file, location=location, fix=_FIX, detail=detail)
        elif not declared:
            message = f"{parent.file} says it was made from {parent.name}; the card does not"
            yield unknown(
                parent_undeclared, message, file=parent.file, location=location, fix=_FIX, severity=Severity.MEDIUM,
                detail=detail,
            )  # fmt: skip
    if scratch and declared:
        message = f"tagged from-scratch, yet base_model names {shown(declared[0].name)}"
        yield fail(
            parent_undeclared, message, file="README.md", location="key base_model", fix="Remove one of the two."
        )
    elif not scratch and not declared and not hinted:
        message = "the card says neither what this was made from nor that it was trained from scratch"
        yield unknown(parent_undeclared, message, fix=_FIX)


def _fact(parents: tuple[Parent, ...], *, declared: bool) -> dict[str, JSON]:
    listed: list[JSON] = []
    for parent in parents:
        item: dict[str, JSON] = {"name": parent.name[:200], "relation": parent.relation}
        known = family(parent.name)
        if known is not None:
            item["licence"] = known.licence.to_fact()
        listed.append(item)
    return {"parents": listed, "declared": declared}
