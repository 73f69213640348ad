"""Bundles for the tests: good ones, and forgeries whose makers closed them with a key of their own."""

import io
from dataclasses import replace

from tests.statements.samples import ALICE, FILES, MALLORY, claimed, lay, sha256, signed

from assay.artifact.sources.local import open_local
from assay.canonical import canonical_json
from assay.exchange.closing import sign_closing
from assay.exchange.index import CLOSING, INDEX, Index, Member
from assay.exchange.pack import write_bundle
from assay.exchange.tar_form import END, framed, framed_size
from assay.statements.evidence import Evidence

LONG = "very/" + "deep/" * 30 + "leaf"
MORE = {**FILES, LONG: b"long", "big.bin": bytes(1000)}
POLICY = b"name: house\n"


def evidence(files=MORE):
    found = Evidence().with_envelope(signed(claimed(files=files)), ALICE.public)
    return found.with_envelope(signed(claimed("reviewed", files), MALLORY), MALLORY.public)


def pack(folder, name="x.assay", files=MORE, policy=POLICY, key=ALICE):
    target = folder / name
    write_bundle(target, open_local(lay(folder / f"{name}.source", files)), evidence(files), key, policy=policy)
    return target


def regions(bundle):
    """Yield (what, first byte, end) of each header, contents and padding of a good bundle, and of its end."""
    data = bundle.read_bytes()
    index_size = int(data[124:135], 8)
    index = Index.parse(data[512 : 512 + index_size])
    closing = sum(framed_size(one.path, one.size) for one in index.members) + framed_size(INDEX, index_size)
    sizes = [(INDEX, index_size), *((one.path, one.size) for one in index.members)]
    sizes.append((CLOSING, int(data[closing + 124 : closing + 135], 8)))
    at = 0
    for path, size in sizes:
        whole = framed_size(path, size)
        padding = -size % 512
        yield f"{path} header", at, at + whole - size - padding
        yield f"{path} contents", at + whole - size - padding, at + whole - padding
        yield f"{path} padding", at + whole - padding, at + whole
        at += whole
    yield "end", at, at + len(END)
    assert at + len(END) == len(data)


def flips(bundle, per_region):
    """Yield (what, bytes with one bit flipped), about `per_region` for each region, spread evenly."""
    data = bundle.read_bytes()
    for what, first, end in regions(bundle):
        bits = (end - first) * 8
        for number in range(0, bits, max(1, bits // per_region | 1)):
            bit = first * 8 + number
            mutant = bytearray(data)
            mutant[bit // 8] ^= 1 << bit % 8
            yield f"{what}, bit {number}", bytes(mutant)


def forge(members, *, key=MALLORY, order=True, index=None, closing=None, tail=END):
    """A bundle of `members` (path to content) made by hand; its maker is free to lie in the index."""
    paths = sorted(members, key=str.encode) if order else list(members)
    if index is None:
        listed = tuple(Member(path, len(members[path]), sha256(members[path])) for path in paths)
        artifact = [one for one in listed if one.path.startswith("artifact/")]
        index = Index(_dirhash(artifact), listed)
    out = io.BytesIO()
    out.write(framed(INDEX, index.to_bytes()))
    for path in paths:
        out.write(framed(path, members[path]))
    out.write(framed(CLOSING, closing if closing is not None else sign_closing(index, key)) + tail)
    return out.getvalue()


def _dirhash(members):
    lines = sorted((one.path.removeprefix("artifact/").encode(), one.sha256) for one in members)
    return sha256(b"".join(f"{digest}  ".encode() + path + b"\n" for path, digest in lines))


def honest():
    """The members of a small bundle that Mallory may well make."""
    found = Evidence().with_envelope(signed(claimed(files={"a": b"a"}), MALLORY), MALLORY.public)
    return {"artifact/a": b"a"} | {f"evidence/{name}": data for name, data in found.files().items()}


def index_of(members):
    return Index.of(Member(path, len(data), sha256(data)) for path, data in members.items())


def forgeries():
    """(what, bytes): bundles that fit together in all but one respect."""
    good = honest()
    index = index_of(good)
    first = index.members[0]
    lie = {
        "a size that lies": replace(first, size=2),
        "a size beyond everything": replace(first, size=2**52),
        "a digest that lies": replace(first, sha256="0" * 64),
    }
    for what, member in lie.items():
        members = (member, *index.members[1:])
        dirhash = _dirhash([member])
        yield what, forge(good, index=Index(dirhash, members))
    yield "a dirHash that lies", forge(good, index=replace(index, dirhash="0" * 64))
    for path in (
        "artifact/../a", "artifact//a", "artifact/", "artifact/.git/config", "artifact/.GIT/config",
        "artifact/.assay/x", "artifact/.cache/huggingface/x", "artifact/x\\y", "artifact/x\ny", "artifact/A",
        "artifact/a/b", "/artifact/x", "artifact/u\u0308", "other", "evidence/note", "evidence/keys/x.pem",
        "policy.yaml/x", "bundle.json", "bundle.dsse.json", "",
    ):  # fmt: skip
        yield f"the path {path!a}", forge(good | {path: b""})
    yield "another order", forge(dict(reversed(good.items())), order=False)
    yield "a policy too long", forge(good | {"policy.yaml": bytes(65_537)})
    yield "a key that does not fit its name", forge(good | {f"evidence/keys/{'0' * 64}.pem": ALICE.public.pem})
    stranger = signed(claimed(files={"a": b"a"}), ALICE)
    yield (
        "an envelope without its key",
        forge(good | {f"evidence/statements/{stranger.digest}.dsse.json": stranger.raw}),
    )
    yield "closed by a key that is not in it", forge(good, key=ALICE)
    yield "closed over another index", forge(good, closing=sign_closing(index_of(good | {"policy.yaml": b""}), MALLORY))
    yield "closed by a claim", forge(good, closing=signed(claimed(files={"a": b"a"}), MALLORY).raw)
    yield "a newline after the closing signature", forge(good, closing=sign_closing(index, MALLORY) + b"\n")
    for what, tail in {
        "no end": b"",
        "half an end": bytes(512),
        "more end": bytes(1536),
        "an end and more": END + b"x",
    }.items():
        yield what, forge(good, tail=tail)
    document = canonical_json({"schema": "assay.bundle/v2", "subject": {"dirHash": index.dirhash}, "members": []})
    for what, data in {"another schema": document, "an index with spaces": index.to_bytes() + b" "}.items():
        yield what, framed(INDEX, data) + forge(good)[framed_size(INDEX, len(index.to_bytes())) :]
    yield "nothing", b""
    yield "one block", bytes(512)
