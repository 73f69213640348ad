"""A hub that dies as by kill -9 at the nth step that touches disk or database, counted from its first request.

python killed_hub.py FOLDER STEP    prints its address; with STEP 0 it never dies and prints how many steps it took
"""

import itertools
import os
import signal
import sys
from pathlib import Path

from sqlalchemy import Engine, event

from assay.cli.commands.serve import judging_loop
from assay.hub.config import load_config
from assay.hub.node import open_node
from assay.hub.server import listen, serve

STEPS = ("fsync", "replace", "write", "unlink")


class Steps:
    """Counts, once armed."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.armed = False
        self._numbers = itertools.count(1)
        self.taken = 0

    def step(self, *_arguments, **_options) -> None:
        if self.armed:
            self.taken = next(self._numbers)
            if self.taken == self.last:
                os.kill(os.getpid(), signal.SIGKILL)

    def before(self, function):
        def stepped(*arguments, **options):
            self.step()
            return function(*arguments, **options)

        return stepped


def main() -> None:
    steps = Steps(int(sys.argv[2]))
    for name in STEPS:
        setattr(os, name, steps.before(getattr(os, name)))
    event.listen(Engine, "before_cursor_execute", steps.step)
    event.listen(Engine, "commit", steps.step)
    waiting = listen("127.0.0.1", 0)
    config = load_config(Path(sys.argv[1]), port=waiting.getsockname()[1])
    node = open_node(config)

    def ready() -> None:
        steps.armed = True
        print(config.public_url, flush=True)

    judging = judging_loop(node)
    judging.start()
    serve(node, waiting, on_ready=ready)
    judging.stop()
    print(steps.taken, flush=True)


if __name__ == "__main__":
    main()
