"""A bundle can be judged where it lies, and says the same as the folder it was packed from."""

import pytest

from assay.artifact.sources.local import open_local
from assay.assess import assess
from assay.errors import BundleError
from assay.exchange import BundleSource, is_bundle, write_bundle
from assay.isolate.parent import assess_isolated
from assay.statements.evidence import Evidence
from assay.statements.keys import PrivateKey


@pytest.fixture
def packed(example_folders, tmp_path):
    folder = example_folders["llama2-finetune-mit"]
    bundle = tmp_path / "model.assay"
    write_bundle(bundle, open_local(folder), Evidence(), PrivateKey.generate())
    return folder, bundle


def test_a_bundle_is_judged_as_its_folder_is(packed):
    folder, bundle = packed
    source = BundleSource(bundle)
    assert assess(source).statement == assess(open_local(folder)).statement
    assert assess_isolated(source).statement == assess(source).statement


def test_a_bundle_is_known_by_its_first_bytes(packed):
    folder, bundle = packed
    assert is_bundle(bundle)
    assert not is_bundle(folder / "README.md")
    assert not is_bundle(folder / "missing")


def test_a_damaged_bundle_is_not_judged(packed):
    _, bundle = packed
    data = bytearray(bundle.read_bytes())
    data[len(data) // 2] ^= 1
    bundle.write_bytes(data)
    with pytest.raises(BundleError):
        BundleSource(bundle)
