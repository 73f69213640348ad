"""A real PostgreSQL for tests: one server per session, one database per test, all gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from itertools import count
from pathlib import Path

import psycopg

FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "listen_addresses=", "max_connections=50")


def binaries() -> Path | None:
    """Return the folder of the newest PostgreSQL that is installed, if any."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


class Postgres:
    """A server of its own in a temporary folder, reached by a socket there."""

    def __init__(self, bin_: Path) -> None:
        self._bin = bin_
        self._numbers = count()
        # Not pytest's folder: others may not enter that, and the server refuses to run as root.
        self.folder = Path(tempfile.mkdtemp(prefix="assay-pg-"))
        self._as_owner: dict[str, object] = {}
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self._as_owner = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", "assay", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.resume()

    def halt(self, how: str = "fast") -> None:
        """Let the server be gone, as by a fault; `resume` brings it back."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", how, "stop")

    def resume(self) -> None:
        """Start the server."""
        data = str(self.folder / "data")
        settings = [f"-k {self.folder}", *(f"-c {setting}" for setting in FAST)]
        self._run("pg_ctl", "-D", data, "-w", "-l", f"{data}/log", "-o", " ".join(settings), "start")

    def stop(self) -> None:
        """End the server and remove its folder."""
        self.halt("immediate")
        shutil.rmtree(self.folder)

    def url(self, name: str) -> str:
        """Return the URL of a database of this server."""
        return f"postgresql+psycopg://assay@/{name}?host={self.folder}"

    def new(self, template: str = "template0") -> str:
        """Make a database, as a copy of another if one is named, and return its name."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(f"dbname=postgres user=assay host={self.folder}", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")  # names are ours
        return name

    def _run(self, program: str, *arguments: str) -> None:
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
        # pg_ctl's child keeps the pipes of its parent, so there must be none.
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(
                [self._bin / program, *arguments], check=False, cwd="/", env=environment, stdin=subprocess.DEVNULL,
                stdout=said, stderr=said, **self._as_owner,
            )  # fmt: skip
            said.seek(0)
            assert done.returncode == 0, said.read().decode()
