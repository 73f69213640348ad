"""Which components of the Model Openness Framework a revision shows: present, absent or unknown, and where."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from assay.artifact.revision import Revision
from assay.canonical import JSON
from assay.checks.licence_texts import licence_texts
from assay.checks.licences import Licence, declared_licence
from assay.checks.parents import declared_parents, family
from assay.checks.stated_licences import stated_licence
from assay.checks.training_data import training_data
from assay.checks.weights import weights
from assay.mof import KINDS, UNLICENSED, Presence, Seen, component, components
from assay.patterns import pattern

__all__ = ["seen_components"]

_LEAST_WORDS = 50
"""A card of fewer says nothing about a model."""
_LIBRARIES = {"transformers": "Apache-2.0", "diffusers": "Apache-2.0", "timm": "Apache-2.0",
              "sentence-transformers": "Apache-2.0"}  # fmt: skip
"""Libraries that define architectures and run them, so that a config alone is code enough; with their licences."""
_PAPER = pattern(r"https?://(www\.)?(arxiv\.org/(abs|pdf)|openreview\.net|aclanthology\.org|doi\.org)/\S+")
_ARXIV_TAG = pattern(r"arxiv:\d{4}\.\d{4,5}")
_STEP = pattern(r"(^|/)(checkpoint|step|global_step)[-_]?\d+/.+\.(safetensors|bin|pt|ckpt)$")

# What a name says about a file; matched against the whole path in lower case.
_CODE = {
    "Training code": pattern(r"(.*/)?(pre)?(train|finetune|sft|run_clm)\w*\.py|train(ing)?/.*\.py"),
    "Inference code": pattern(r"(.*/)?(infer(ence)?|generat(e|ion)|predict|pipeline|sample)\w*\.py"),
    "Evaluation code": pattern(r"(.*/)?(eval(uate|uation)?|benchmark)\w*\.py|eval(uation)?/.*\.py"),
    "Data preprocessing code": pattern(
        r"(.*/)?(pre_?process|prepare_(data|dataset)|tokenize_data|clean(_data)?|dedup)\w*\.py"
    ),
    "Supporting libraries and tools": pattern(r"requirements[\w.-]*\.txt|pyproject\.toml|setup\.py|environment\.ya?ml"),
}
_MODELING = pattern(r"(.*/)?(modeling|model|architecture|network)\w*\.py")
_METADATA = pattern(r"(.*/)?(training_args\.bin|trainer_state\.json|optimizer\.(pt|bin)|training_args\.json)")
_REPORT = pattern(r"(.*/)?[\w .-]*(report|whitepaper|technical)[\w .-]*\.pdf")
_EVALUATION_DATA = pattern(r"(eval(uation)?|benchmarks?)/.*\.(jsonl|csv|tsv|parquet|arrow)")
_PDF = pattern(r".*\.pdf")
_SECTIONS = {
    "Data card": pattern(r"\b(training )?(data|datasets?|corpus|corpora)\b", re.IGNORECASE),
    "Evaluation results": pattern(r"\b(evaluation|benchmark|results?|performance|metrics)", re.IGNORECASE),
    "Sample model outputs": pattern(r"\b(sample|example) (outputs?|generations?|completions?)", re.IGNORECASE),
}
"""Headings of a card that hold what could also be a document of its own."""


def seen_components(revision: Revision) -> tuple[Seen, ...]:
    """Return all seventeen components, in the framework's order, as far as this revision's own files tell.

    What is not here may lie elsewhere: only weights, card and what a set of files must have can be absent. The licence
    of a component is that of the files it lies in; a paper never takes it from the weights.
    """
    kinds = _licences(revision)
    found = {one.name: one for look in _LOOKS for one in look(revision, kinds)}
    return tuple(found.get(one.name, Seen(one.name, Presence.UNKNOWN, reason="not seen here")) for one in components())


def _licences(revision: Revision) -> dict[str, str | None]:
    """Return the licence of each kind: the card's, but for code that of a LICENSE text which differs from it."""
    declared = declared_licence(revision)
    texts = [text.licence for text in licence_texts(revision) if text.licence is not None and not text.policy]
    card = declared.licence if declared else None
    whole = card or (texts[0] if texts and declared is None else None)
    name = _spdx(whole) if whole else (UNLICENSED if declared is None else None)
    found: dict[str, str | None] = dict.fromkeys(KINDS, name)
    software = [one for one in texts if one.terms.get("osi_approved") is True]
    if software and whole is not None and software[0].id != whole.id:
        found["code"] = _spdx(software[0])
    return found


def _spdx(one: Licence) -> str:
    """Return its first SPDX identifier, else its slug."""
    return str(one.terms.get("spdx") or one.id).split(" or ")[0]


_Looked = Iterator[Seen]
_Licences = dict[str, str | None]


def _here(name: str, kinds: _Licences, evidence: str, reason: str) -> Seen:
    known = component(name)
    return Seen(name, Presence.PRESENT, kinds[known.kind] if known else None, evidence, reason)


def _model(revision: Revision, kinds: _Licences) -> _Looked:
    config = revision.config()
    own = next((file.path for file in revision.files if _MODELING.fullmatch(file.path.lower())), None)
    made = config.get("architectures")
    library = str(revision.card().get("library_name") or ("transformers" if made else "")).lower()
    if own is not None:
        yield _here("Model architecture", kinds, own, "its code lies here")
    elif library in _LIBRARIES and made and "auto_map" not in config:
        for name in ("Model architecture", "Inference code"):
            yield Seen(name, Presence.PRESENT, _LIBRARIES[library], "config.json", f"{library} has it")
    all_ = weights(revision)
    held = [file.path for file in revision.files if file.format in ("safetensors", "zip", "pickle")]
    first = next((path for path in held if not _STEP.search(path.lower())), next(iter(held), None))
    if all_.whole:
        yield _weights(revision, kinds, first or all_.formats[0])
    elif all_.gaps:
        yield Seen("Model parameters (Final)", Presence.ABSENT, evidence=all_.gaps[0], reason="this file is missing")
    elif not all_.unread:
        yield Seen("Model parameters (Final)", Presence.ABSENT, reason="no weights here")
    step = next((file.path for file in revision.files if _STEP.search(file.path.lower())), None)
    if step is not None:
        yield _here("Model parameters (Intermediate)", kinds, step, "a checkpoint from before the end")


def _weights(revision: Revision, kinds: _Licences, evidence: str) -> Seen:
    """The licence of weights is that of the strictest parent: terms do not vanish by fine-tuning."""
    name, licence, reason = "Model parameters (Final)", kinds["data"], "a whole set of weights"
    for parent in declared_parents(revision):
        if parent.relation == "distillation":
            continue
        known = family(parent.name)
        if known is None or not known.licence.is_clear:
            licence, reason = None, f"made from {parent.name[:100]}, whose licence is not known"
        elif not known.licence.is_open:
            return Seen(name, Presence.PRESENT, _spdx(known.licence), evidence, f"made from {parent.name[:100]}")
    return Seen(name, Presence.PRESENT, licence, evidence, reason)


def _code(revision: Revision, kinds: _Licences) -> _Looked:
    for name, wanted in (*_CODE.items(), ("Model metadata", _METADATA)):
        path = next((file.path for file in revision.files if wanted.fullmatch(file.path.lower())), None)
        if path is not None:
            yield _here(name, kinds, path, "by its name")


def _card(revision: Revision, kinds: _Licences) -> _Looked:
    facts = revision.facts("README.md")
    words = facts.get("words", 0)
    if "README.md" not in revision.by_path:
        yield Seen("Model card", Presence.ABSENT, reason="no README.md")
        return
    if not revision.card() or words < _LEAST_WORDS:
        yield Seen("Model card", Presence.UNKNOWN, evidence="README.md", reason=f"a stub of {words} words")
        return
    yield _here("Model card", kinds, "README.md", f"{words} words and front matter")
    for name, wanted in _SECTIONS.items():
        heading = next((text for _, text in facts.get("headings", []) if wanted.search(text)), None)
        if heading is not None:
            yield _here(name, kinds, "README.md", f"section {heading[:60]!r}")


def _results(revision: Revision, kinds: _Licences) -> _Looked:
    path = next((file.path for file in revision.files if file.path.startswith(".eval_results/")), None)
    if path is not None:
        yield _here("Evaluation results", kinds, path, "a file of results")
    elif _has_results(revision.card().get("model-index")):
        yield _here("Evaluation results", kinds, "README.md", "key model-index")


def _has_results(index: JSON) -> bool:
    return isinstance(index, list) and any(isinstance(one, dict) and one.get("results") for one in index)


def _papers(revision: Revision, _: _Licences) -> _Looked:
    """Reports and papers; under which licence is not to be had from the weights' own, but may be stated beside them."""
    for file in revision.files:
        if _PDF.fullmatch(file.path.lower()):
            name = "Technical report" if _REPORT.fullmatch(file.path.lower()) else "Research paper"
            stated = stated_licence(revision, file.path)
            reason = "its licence is stated beside it" if stated else "its licence is not stated"
            yield Seen(name, Presence.PRESENT, _spdx(stated) if stated else None, file.path, reason)
    links = revision.facts("README.md").get("links", [])
    tags = revision.card().get("tags")
    tagged = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    link = next((text for text in links if _PAPER.fullmatch(text)), None)
    link = link or next((tag for tag in tagged if _ARXIV_TAG.fullmatch(tag)), None)
    if link is not None:
        yield Seen("Research paper", Presence.PRESENT, None, link[:200], "its licence is not stated")


def _evaluation_data(revision: Revision, _: _Licences) -> _Looked:
    for file in revision.files:
        if _EVALUATION_DATA.fullmatch(file.path.lower()):
            stated = stated_licence(revision, file.path)
            reason = "its licence is stated beside it" if stated else "its licence is not stated"
            yield Seen("Evaluation data", Presence.PRESENT, _spdx(stated) if stated else None, file.path, reason)
            return


def _data(revision: Revision, _: _Licences) -> _Looked:
    named = training_data(revision)
    if not named.datasets:
        return
    known = [one.licence for one in named.datasets if one.licence is not None]
    closed = next((one for one in known if not one.is_open), None)
    whole = len(known) == len(named.datasets) and not named.cut
    names = ", ".join(one.name for one in named.datasets)[:200]
    here = [one.here for one in named.datasets]
    where = "lies here" if all(here) else "named in the card, or lies here" if any(here) else "named in the card"
    if closed is not None:
        yield Seen("Datasets", Presence.PRESENT, _spdx(closed), names, where)
    elif whole:
        yield Seen("Datasets", Presence.PRESENT, _spdx(known[0]), names, f"{where}, all under open licences")
    else:
        yield Seen("Datasets", Presence.UNKNOWN, None, names, f"{where}; not all licences are known")


_LOOKS: tuple[Callable[[Revision, _Licences], _Looked], ...] = (
    _papers, _model, _code, _card, _results, _evaluation_data, _data,
)  # fmt: skip
"""Where two speak of one component, the later one counts."""
