"""Bytes to keep, and where a store keeps them."""

import hashlib
import random

MIB = 1 << 20
SIZES = (0, 1, MIB - 1, MIB, MIB + 1, 4 * MIB, 4 * MIB + 1, 9 * MIB + 7)


def noise(size, seed=0):
    return random.Random(f"{size} {seed}").randbytes(size)


def digest(data):
    return hashlib.sha256(data).hexdigest()


def name_of(sha256):
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def tree_of(sha256):
    return f"{name_of(sha256)}.tree"


def keep(store, data, **claims):
    with store.writer(**claims) as writer:
        writer.write(data)
        return writer.commit()
