"""What the API tells of a repo: fields by the names that clients know, each worked out only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from sqlalchemy import Connection

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.readers import card
from assay.canonical import JSON
from assay.errors import ReadError, RequestError
from assay.hub.revisions import iso
from assay.hub.tree_entries import siblings_of
from assay.store.git.reading import CommitRow, Item, find, list_folder
from assay.store.git.rows import Objects
from assay.store.git.trees import MAX_FILES
from assay.store.holdings import used_by
from assay.store.listings import Card, card_of
from assay.store.repos import Repo, RepoType

__all__ = ["LISTED", "RepoFacts", "asked_fields"]

_COMMON = (
    "author cardData createdAt disabled downloads downloadsAllTime gated lastModified likes private resourceGroup sha"
    " siblings tags trendingScore usedStorage"
)
_EXPANDABLE = {
    RepoType.MODEL: f"{_COMMON} baseModels childrenModelCount config evalResults gguf inference"
    " inferenceProviderMapping library_name mask_token model-index pipeline_tag safetensors spaces transformersInfo"
    " widgetData",
    RepoType.DATASET: f"{_COMMON} citation description mainSize paperswithcode_id",
    RepoType.SPACE: f"{_COMMON} datasets models region runtime sdk subdomain",
}
"""What clients may ask for; what is not known here is left out of the answer."""

LISTED = [
    "author",
    "sha",
    "lastModified",
    "createdAt",
    "private",
    "gated",
    "disabled",
    "downloads",
    "likes",
    "tags",
    "pipeline_tag",
    "library_name",
    "modelId",
]
"""Fields of every list and every info."""


def asked_fields(type_: RepoType, expand: Iterable[str]) -> list[str]:
    """Return the fields that `expand` names.

    Raises:
        RequestError: a repo of this type has no such field.
    """
    known = _EXPANDABLE[type_].split()
    asked = list(dict.fromkeys(expand))
    for name in asked:
        if name not in known:
            raise RequestError(400, f'"expand" must be one of [{", ".join(sorted(known))}], not {name[:60]!r}')
    return asked


class RepoFacts:
    """One repo at one commit; for use while `connection` is open."""

    def __init__(self, connection: Connection, repo: Repo, commit: CommitRow, listed: Card | None = None) -> None:
        self.connection = connection
        self.repo = repo
        self.commit = commit
        self._listed = listed
        """The card as the repo's row in the lists has it."""

    def values(self, names: Iterable[str], *, blobs: bool = False) -> dict[str, JSON]:
        """Return the repo's id and those of the fields that are known; `blobs` says more of each file."""
        found: dict[str, JSON] = {"_id": str(self.repo.id), "id": self.repo.full_name}
        for name in names:
            if name == "siblings":
                found[name] = siblings_of(self._files(), blobs=blobs)
            elif name in _FIELDS and (name not in _OF_MODELS or self.repo.type is RepoType.MODEL):
                value = _FIELDS[name](self)
                if value is not None:
                    found[name] = value
        return found

    @cached_property
    def front(self) -> Mapping[str, JSON]:
        """The front matter of the card; empty where there is none that can be read."""
        front = self._card_facts.get("front_matter")
        return front if isinstance(front, dict) else {}

    @property
    def card(self) -> Card:
        """What the card comes to."""
        return self._listed or card_of(self._card_facts)

    @cached_property
    def _card_facts(self) -> Mapping[str, JSON]:
        found = find(self.connection, self.commit, ["README.md"]).get("README.md")
        if found is None or found.facts is None or found.facts.pointer is not None:
            return {}
        data = Objects(self.connection).blob(found.oid)
        try:
            return card.read(BytesBlob(data), Budget(), path="README.md", depth=0).facts
        except ReadError:
            return {}

    def _files(self) -> list[Item]:
        page = list_folder(self.connection, self.commit, recursive=True, limit=2 * MAX_FILES)
        return [item for item in page.items if not item.is_folder]


_OF_MODELS = {"modelId", "pipeline_tag", "library_name", "model-index"}
_FIELDS: dict[str, Callable[[RepoFacts], JSON]] = {
    "author": lambda facts: facts.repo.owner,
    "cardData": lambda facts: dict(facts.front),
    "createdAt": lambda facts: iso(facts.repo.created),
    "disabled": lambda _: False,
    "downloads": lambda _: 0,
    "gated": lambda facts: facts.repo.gated or False,
    "lastModified": lambda facts: iso(facts.commit.time),
    "library_name": lambda facts: facts.card.library,
    "likes": lambda _: 0,
    "model-index": lambda facts: facts.front.get("model-index"),
    "modelId": lambda facts: facts.repo.full_name,
    "pipeline_tag": lambda facts: facts.card.task,
    "private": lambda facts: facts.repo.private,
    "sdk": lambda facts: facts.front.get("sdk"),
    "sha": lambda facts: facts.commit.oid,
    "tags": lambda facts: list(facts.card.tags),
    "usedStorage": lambda facts: used_by(facts.connection, facts.repo.id),
}
