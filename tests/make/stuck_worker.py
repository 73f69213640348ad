"""A worker process that takes one attempt, says so, and never ends it.

Arguments: URL of the database, folder, lease in seconds.
"""

import sys
import time
from pathlib import Path

from tests.make.hosted import InProcess, hosted

from assay.store.database import open_database


class Stuck(InProcess):
    """An executor that gets nowhere."""

    def assess(self, source, known, packs):
        sys.stdout.write(f"took {source.git_commit}\n")
        sys.stdout.flush()
        time.sleep(600)


def main(url: str, folder: str, lease: str) -> None:
    host = hosted(open_database(url), Path(folder))
    host.loop(Stuck(), lease=float(lease)).run_until_idle()


if __name__ == "__main__":
    main(*sys.argv[1:])
