"""From one hub to another in a file: the same bytes, the same statements, and foreign is shown as foreign."""

import pytest
from tests.make.hubs import RunningHub

from assay.artifact.blob import BytesBlob
from assay.cli.commands.serve import judging_loop
from assay.errors import BundleError, NotFoundError, PathError, UsageError
from assay.examples import build
from assay.hub.carrying import find_revision, operator, pack, unpack
from assay.hub.committing import Draft, push
from assay.hub.new_repo import MAIN, new_repo
from assay.store.evidence import dirhash_of, statements_about
from assay.store.repos import RepoType, find_repo
from assay.store.revision_source import RevisionSource


@pytest.fixture
def hubs(tmp_path):
    running = [RunningHub(tmp_path / name) for name in ("here", "there")]
    yield running
    for one in running:
        one.stop()


@pytest.fixture
def pushed(hubs, tmp_path):
    """A model on the first hub, assessed."""
    here = hubs[0]
    here.person("ada")
    caller = operator(here.node, "ada")
    build("llama2-finetune-mit", tmp_path / "model")
    draft = Draft(here.node, new_repo(here.node, caller, RepoType.MODEL, "ada", "llama", private=False), caller)
    draft.entitle("Add a model")
    for path in sorted((tmp_path / "model").iterdir()):
        draft.add(path.name, BytesBlob(path.read_bytes()))
    return push(draft, MAIN)


def contents(hub, owner, name, commit):
    with hub.node.database.read() as connection:
        repo = find_repo(connection, RepoType.MODEL, owner, name)
    source = RevisionSource(hub.node.database, hub.node.contents, repo.id, commit, name)
    found = {}
    for entry in source.entries():
        with source.open(entry) as blob:
            found[entry.path] = blob.read_at(0, blob.size)
    return found


def said(hub, owner, name, commit):
    with hub.node.database.read() as connection:
        repo = find_repo(connection, RepoType.MODEL, owner, name)
        return statements_about(connection, repo.id, dirhash_of(connection, repo.id, commit))


def test_bytes_statements_and_signers_arrive(hubs, pushed, tmp_path):
    here, there = hubs
    assert judging_loop(here.node).run_until_idle() >= 1
    repo, commit = find_revision(here.node, "ada/llama")
    assert commit == pushed
    packed = pack(here.node, repo, commit, tmp_path / "llama.assay")
    there.person("bob")
    _, arrived = unpack(there.node, operator(there.node, "bob"), tmp_path / "llama.assay", "bob", "carried")
    assert judging_loop(there.node).run_until_idle() >= 1
    assert contents(there, "bob", "carried", arrived) == contents(here, "ada", "llama", commit)
    sent, got = said(here, "ada", "llama", commit), said(there, "bob", "carried", arrived)
    assert {one.subject for one in (*sent, *got)} == {packed.dirhash}
    foreign = [one for one in got if one.foreign]
    assert [(one.digest, one.signers) for one in foreign] == [(one.digest, one.signers) for one in sent]
    assert not any(one.own or one.pinned for one in foreign)
    own = [one for one in got if not one.foreign]
    assert [one.signers for one in own] == [(there.node.key.public.keyid,)]


def test_carrying_again_replaces_the_files(hubs, pushed, tmp_path):
    here, there = hubs
    judging_loop(here.node).run_until_idle()
    pack(here.node, *find_revision(here.node, "ada/llama"), tmp_path / "llama.assay")
    there.person("bob")
    caller = operator(there.node, "bob")
    draft = Draft(there.node, new_repo(there.node, caller, RepoType.MODEL, "bob", "mine", private=False), caller)
    draft.entitle("Something else")
    draft.write("other.txt", b"gone afterwards")
    push(draft, MAIN)
    _, arrived = unpack(there.node, caller, tmp_path / "llama.assay", "bob", "mine")
    assert contents(there, "bob", "mine", arrived) == contents(here, "ada", "llama", pushed)


def test_what_is_wrong_is_said(hubs, pushed, tmp_path):
    here, there = hubs
    with pytest.raises(PathError, match="not assessed yet"):
        pack(here.node, *find_revision(here.node, "ada/llama"), tmp_path / "early.assay")
    for name, kind in (("ada", UsageError), ("ada/none", NotFoundError), ("ada/llama@none", NotFoundError)):
        with pytest.raises(kind):
            find_revision(here.node, name)
    with pytest.raises(NotFoundError, match="no account"):
        operator(there.node, "nobody")
    judging_loop(here.node).run_until_idle()
    pack(here.node, *find_revision(here.node, "ada/llama"), tmp_path / "llama.assay")
    data = bytearray((tmp_path / "llama.assay").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "llama.assay").write_bytes(data)
    there.person("bob")
    with pytest.raises(BundleError):
        unpack(there.node, operator(there.node, "bob"), tmp_path / "llama.assay", "bob", "carried")
    with there.node.database.read() as connection:
        assert find_repo(connection, RepoType.MODEL, "bob", "carried") is None
