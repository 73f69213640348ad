import zlib

from tests.make.hdf5_files import File, Part, attribute, attribute_data, external_link, hard, hdf5, header

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.hdf5.values import unfiltered
from assay.artifact.readers import hdf5 as reader


def look(data, **limits):
    return reader.read(BytesBlob(data), Budget(**limits), path="m.h5", depth=0)


def test_what_stands_in_a_file():
    made = File()
    inner = made.put(
        header(Part(2, b"\0\0" + b"\xff" * 16), attribute("a", b"text"), hard("d", made.text_dataset(b"x")))
    )
    seen = look(
        made.done(header(hard("group", inner), attribute("model_config", b'{"class_name": "X", "config": {}}')))
    )
    assert seen.complete
    assert {key: seen.facts[key] for key in ("groups", "datasets", "attributes")} == {
        "groups": 1, "datasets": 1, "attributes": 2,
    }  # fmt: skip
    assert [name for name, _ in seen.members] == ["@model_config.json"]
    assert seen.members[0][1].facts["keras"]["objects"][0]["class_name"] == "X"


def test_many_attributes_and_links_in_heaps_are_all_seen():
    made = File()
    links = made.dense([external_link(f"n{n}", f"{n}.h5") for n in range(30)], links=True)
    attributes = made.dense([attribute_data(f"a{n}", b"\x80\x04K\x01.") for n in range(30)], links=False)
    seen = look(made.done(header(links, attributes)))
    assert [one["file"] for one in seen.facts["external"]] == [f"{n}.h5" for n in range(30)]
    assert len(seen.members) == 30


def test_a_group_that_holds_itself_is_visited_once():
    made = File()
    group = made.put(header(hard("self", len(made.body))))
    assert look(made.done(header(hard("g", group)))).complete


def test_attributes_kept_elsewhere_are_not_passed_over():
    seen = look(hdf5(Part(12, bytes(20), flags=2)))
    assert not seen.complete
    assert seen.problems[0].code == "shared-message"


def test_filters_are_undone():
    data = bytes(range(12))
    shuffled = b"".join(data[place::4] for place in range(4))
    packed = zlib.compress(shuffled) + b"sum!"
    assert unfiltered(packed, [(2, 4), (1, 6), (3, 0)], 0, Budget()) == data
    assert unfiltered(packed, [(2, 4), (1, 6), (3, 0)], 0b111, Budget()) == packed
    assert unfiltered(packed, [(32001, 0)], 0, Budget()) is None


def test_a_pickle_before_the_file_is_read_too():
    data = File(base=512).done(header())
    seen = look(b"cposix\nsystem\n(S'id'\ntR.".ljust(512, b"\0") + data[512:])
    assert seen.members[0][1].facts["globals"] == ["posix.system"]


def test_more_pickles_than_are_read_are_not_passed_over():
    attributes = [attribute(f"a{n}", b"\x80\x04K\x01.") for n in range(2001)]
    seen = look(hdf5(*attributes))
    assert not seen.complete
    assert len(seen.members) == 2000
