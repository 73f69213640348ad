"""SEC531: TorchServe archives and the handler that serving them runs."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.member_names import leaves
from assay.artifact.observation import Observation
from assay.artifact.revision import Revision, Seen
from assay.canonical import JSON
from assay.checks import check, fail
from assay.checks.wording import shown
from assay.finding import Confidence, Fact, Finding, Severity

__all__ = ["model_archive"]

_MANIFEST = "MAR-INF/MANIFEST.json"
_OWN = frozenset({"image_classifier", "image_segmenter", "object_detector", "text_classifier", "base_handler",
                  "text_handler", "vision_handler", "dali_image_classifier"})  # fmt: skip


@check("SEC531-model-archive", severity=Severity.HIGH, claims=("zip", "tar"))
def model_archive(revision: Revision) -> Iterator[Finding | Fact]:
    """TorchServe archives run a handler of TorchServe, or one that stands in the archive and was read.

    `MAR-INF/MANIFEST.json` names the handler that the server imports, and packages it may install. A handler outside
    the archive is code that nobody has looked at. One inside is usual; its code is judged like all code of the repo.

    Sample: `"handler": "../../srv/x.py:handle"`.

    Fix: name one of TorchServe's handlers, or put the handler into the archive and read it.

    References: CVE-2023-43654 (ShellTorch), CVE-2022-1471, CWE-829.
    """
    for seen in revision.seen("zip", "tar"):
        manifest = next((member for name, member in seen.observation.members if name.endswith(_MANIFEST)), None)
        if manifest is not None:
            yield from _manifest(seen, manifest)


def _manifest(seen: Seen, manifest: Observation) -> Iterator[Finding]:
    document = manifest.facts.get("document")
    model: JSON = document.get("model") if isinstance(document, dict) else None
    if not isinstance(model, dict):
        return
    listed = {str(member["name"]).rsplit("/", 1)[-1] for member in seen.facts["members"] if isinstance(member, dict)}
    handler = str(model.get("handler") or "")
    file = handler.split(":", 1)[0]
    inside = file.rsplit("/", 1)[-1] in listed or f"{file}.py" in listed
    for key in ("handler", "serializedFile", "modelFile", "requirementsFile", "configFile"):
        if leaves(str(model.get(key) or "x")):
            yield fail(
                model_archive, f"its {key} stands outside the archive: {shown(str(model[key]))}", file=seen.file,
                location=seen.at(f"member {_MANIFEST}"), fix="Do not serve it; put the file into the archive.",
            )  # fmt: skip
            return
    if file and file not in _OWN:
        yield fail(
            model_archive, f"serving it runs {shown(handler)}" + ("" if inside else ", which is not in the archive"),
            file=seen.file, location=seen.at(f"member {_MANIFEST}"), confidence=Confidence.MEDIUM,
            severity=Severity.LOW if inside else Severity.MEDIUM, fix="Read the handler before serving it.",
        )  # fmt: skip
