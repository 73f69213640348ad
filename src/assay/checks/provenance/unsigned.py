"""PRV101: whether anybody put a signature to the files; states the fact `signature`."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import ArtifactFile, Revision
from assay.checks import check, unknown
from assay.finding import Fact, Finding, Severity

__all__ = ["unsigned"]

_SUFFIXES = (".sigstore", ".sigstore.json", ".sig", ".asc", ".bundle.json")


@check("PRV101-unsigned", severity=Severity.LOW)
def unsigned(revision: Revision) -> Iterator[Finding | Fact]:
    """A signature lies beside the files.

    A signature says who vouches for these bytes and shows every later change. That a signature file is there does not
    say that it holds, nor whose it is: `assay verify` says that, with a key that you name.

    Sample: a folder of weights and a card, and no `model.sig`.

    Fix: `assay attest PATH`, or sign with any tool that writes an OpenSSF Model Signing bundle.

    References: OpenSSF Model Signing 1.0; Sigstore bundle 0.3; in-toto attestations.
    """
    files = [file for file in revision.files if file.path.lower().endswith(_SUFFIXES)]
    yield Fact("signature", {"files": [file.path for file in files]})
    if not files:
        yield unknown(
            unsigned, "nobody has signed these files", fix="Sign them with `assay attest`.",
            detail={"answered_by": "urn:assay:claim:v1"},
        )  # fmt: skip
    elif not any(map(_is_signature, files)):
        yield unknown(
            unsigned, "this is named like a signature and is none that is known", file=files[0].path,
            fix="Sign the files with `assay attest`.", detail={"answered_by": "urn:assay:claim:v1"},
        )  # fmt: skip


def _is_signature(file: ArtifactFile) -> bool:
    if file.path.lower().endswith(".asc"):
        return file.size > 0
    document = file.observation.facts.get("document") if file.observation is not None else None
    if not isinstance(document, dict):
        return False
    return isinstance(document.get("dsseEnvelope"), dict) or isinstance(document.get("messageSignature"), dict)
