"""Lists of repos: who sees what, and how they are searched, filtered, sorted and paged."""

import pytest
from huggingface_hub.errors import BadRequestError
from sqlalchemy import update

from assay.store.listings import refresh
from assay.store.tables import listing, repo

BOTH = pytest.mark.parametrize("hub", ["sqlite", "postgres"], indirect=True)


def listed(hub, name, *, tags=(), updated=None, **columns):
    made = hub.find(name) or hub.repo(name)
    with hub.node.database.write() as connection:
        refresh(connection, made.id)
        values = {
            "tags": f" {' '.join(tags)} ",
            "words": f"{name.replace('/', ' ')} {' '.join(tags)}".lower(),
            **columns,
        }
        if updated is not None:
            values["updated"] = updated
            connection.execute(update(repo).where(repo.c.id == made.id).values(created=updated))
        connection.execute(update(listing).where(listing.c.repo_id == made.id).values(**values))
    return made


def ids(found):
    return [one.id for one in found]


@BOTH
def test_only_what_one_may_see(hub):
    hub.organisation("lab", bob="read")
    for name, private in (("ada/open", False), ("ada/secret", True)):
        hub.repo(name, private=private)
    hub.repo("ada/data", type_="dataset")
    hub.repo("ada/app", type_="space")
    hub.api("ada").create_repo("secret", private=True, exist_ok=True)
    hub.repo("lab/inside", private=True)
    assert ids(hub.api().list_models()) == ids(hub.api("eve").list_models()) == ["ada/open"]
    assert set(ids(hub.api("ada").list_models())) == {"ada/open", "ada/secret"}
    assert set(ids(hub.api("bob").list_models())) == {"ada/open", "lab/inside"}
    assert ids(hub.api().list_models(search="secret")) == ids(hub.api().list_models(author="lab")) == []
    assert ids(hub.api().list_datasets()) == ["ada/data"]
    assert ids(hub.api().list_spaces()) == ["ada/app"]


@BOTH
def test_search_and_filters(hub):
    listed(hub, "ada/Tiny-LLM", tags=("text-generation", "license:mit"), task="text-generation", library="transformers")
    listed(hub, "ada/tiny-vit", tags=("vision", "license:apache-2.0"), task="image-classification")
    listed(hub, "bob/sure", tags=("text", "100%_sure"))
    hub.repo("bob/not-yet-listed")
    api = hub.api()
    assert ids(api.list_models(search="tiny", sort="created_at")) == ["ada/tiny-vit", "ada/Tiny-LLM"]
    assert ids(api.list_models(search="ADA/tiny-l")) == ["ada/Tiny-LLM"]
    assert ids(api.list_models(search="%_s")) == ["bob/sure"]
    assert ids(api.list_models(search="0_")) == []
    assert ids(api.list_models(search="listed")) == ["bob/not-yet-listed"]
    assert ids(api.list_models(filter="text")) == ["bob/sure"]
    assert ids(api.list_models(filter=["vision", "license:apache-2.0"])) == ["ada/tiny-vit"]
    assert ids(api.list_models(filter=["vision", "license:mit"])) == []
    assert ids(api.list_models(pipeline_tag="text-generation")) == ["ada/Tiny-LLM"]
    assert set(ids(api.list_models(author="bob"))) == {"bob/sure", "bob/not-yet-listed"}
    hub.api("ada").update_repo_settings("ada/tiny-vit", gated="manual")
    assert ids(api.list_models(gated=True)) == ["ada/tiny-vit"]
    assert "ada/tiny-vit" not in ids(api.list_models(gated=False))


@BOTH
def test_sorted_and_page_by_page(hub):
    hub.repo("ada/first", {"README.md": b"---\nlicense: mit\n---\n"})
    names = [f"ada/r{number:02}" for number in range(25)]
    for number, name in enumerate(names):
        listed(hub, name, updated=2_000_000_000 + number // 3)  # several at one time
    listed(hub, "ada/first", updated=1)
    seen, address = [], "/api/models?limit=4&sort=lastModified&search=ada"
    while address:
        answer = hub.ask("GET", address)
        seen += [one["id"] for one in answer.json()]
        link = answer.headers["Link"]
        address = link and link.partition(">")[0].removeprefix(f"<{hub.url}")
    assert seen == [*reversed(names), "ada/first"]
    assert ids(hub.api().list_models(sort="created_at", limit=2)) == ["ada/r24", "ada/r23"]
    for sort in ("downloads", "likes", "trending_score"):
        assert len(ids(hub.api().list_models(sort=sort))) == 26


def test_with_more_of_each(hub):
    hub.repo("ada/tiny", {"README.md": b"---\nlicense: mit\npipeline_tag: fill-mask\n---\n", "a.bin": b"\0" * 9})
    listed(hub, "ada/tiny", task="fill-mask")  # as after its assessment
    plain = next(hub.api().list_models())
    assert (plain.siblings, plain.pipeline_tag, plain.author) == (None, "fill-mask", "ada")
    full = next(hub.api().list_models(full=True, cardData=True))
    assert {one.rfilename for one in full.siblings} == {".gitattributes", "README.md", "a.bin"}
    assert full.card_data.license == "mit"
    part = hub.ask("GET", "/api/models?expand=sha&expand=private").json()[0]
    assert set(part) == {"_id", "id", "sha", "private"}


def test_what_makes_no_sense(hub):
    with pytest.raises(BadRequestError, match="must be one of"):
        list(hub.api().list_models(expand=["nonsense"]))
    with pytest.raises(BadRequestError, match="cannot filter"):
        list(hub.api().list_models(num_parameters="min:6B"))
    long = (f"search={'x' * 201}", "search=a&" * 21)
    for query in ("sort=name", "cursor=x", "cursor=1.2.3", "limit=0", "search=%00", "expand=sha&full=1", *long):
        assert hub.ask("GET", f"/api/models?{query}").status == 400


@BOTH
def test_tags_by_kind(hub):
    listed(hub, "ada/one", tags=("transformers", "license:mit", "own"), library="transformers", task="fill-mask")
    listed(hub, "ada/two", tags=("license:mit", "dataset:x/y"))
    hub.repo("ada/secret", private=True)
    listed(hub, "ada/secret", tags=("hidden",))
    tags = hub.api().get_model_tags()
    assert {kind: [tag["id"] for tag in found] for kind, found in tags.items()} == {
        "pipeline_tag": ["fill-mask"],
        "library": ["transformers"],
        "license": ["license:mit"],
        "dataset": ["dataset:x/y"],
        "other": ["own"],
    }
    assert hub.api().get_dataset_tags() == {}
