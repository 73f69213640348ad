"""Writes blobs to a folder again and again in children that are killed at one system call after another.

    python killed_writer.py FOLDER

Before each step that changes the disk a child may kill itself; a write may be cut in half first. Each child has a
folder of its own, `FOLDER/<step>-<cut>`, and prints the digest of each blob once the store said that it is kept.
The last child is one that needed no more steps and lived.
"""

import hashlib
import os
import signal
import sys
from pathlib import Path

from assay.store.blobs import open_blobs

STEPS = ("open", "write", "fsync", "mkdir", "replace", "rename", "unlink", "close")
SIZES = (7, 5 * 1024 * 1024 + 3, 0)


def blobs():
    for number, size in enumerate(SIZES):
        yield hashlib.shake_256(bytes([number])).digest(size)


def arm(last, *, cut):
    """Count the steps, and die at the one numbered `last`."""
    done = 0

    def armed(name, real):
        def step(*arguments, **options):
            nonlocal done
            done += 1
            if done == last:
                if cut and name == "write":
                    real(arguments[0], arguments[1][: len(arguments[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **options)

        return step

    for name in STEPS:
        setattr(os, name, armed(name, getattr(os, name)))


def child(folder, last, *, cut):
    said = sys.stdout.fileno()
    tell = os.write
    arm(last, cut=cut)
    store = open_blobs(folder)
    for data in blobs():
        with store.writer() as writer:
            writer.write(data)
            kept = writer.commit()
        tell(said, f"{folder.name} {kept.sha256}\n".encode())


def main(root):
    for cut in (False, True):
        for last in range(1, 10_000):
            pid = os.fork()
            if pid == 0:
                child(root / f"{last}-{cut}", last, cut=cut)
                os._exit(0)
            _, status = os.waitpid(pid, 0)
            if status == 0:
                break
            if not os.WIFSIGNALED(status):
                raise SystemExit("a child failed instead of being killed")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
