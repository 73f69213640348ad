"""What a process that reads has given up."""

import json
import platform
import subprocess
import sys

import pytest

TRY = """
import json, os, socket, subprocess, sys, threading
from pathlib import Path
from assay.isolate import sandbox
folder = Path(sys.argv[1])
sandbox.limit_resources(memory=1 << 30, cpu_seconds=60)
level = sandbox.enter([folder, Path(sys.prefix), Path(sys.base_prefix)])
def refused(action):
    try:
        action()
    except PermissionError:
        return True
    return False
tries = {
    "socket": lambda: socket.socket(), "socketpair": lambda: socket.socketpair(), "fork": os.fork,
    "process": lambda: subprocess.run(["/bin/true"]), "exec": lambda: os.execv("/bin/true", ["true"]),
    "create": lambda: open(folder / "new", "w"), "append": lambda: open(folder / "a", "a"),
    "unlink": lambda: os.unlink(folder / "a"), "rename": lambda: os.rename(folder / "a", folder / "b"),
    "mkdir": lambda: os.mkdir(folder / "d"), "chmod": lambda: os.chmod(folder / "a", 0),
    "symlink": lambda: os.symlink("a", folder / "l"), "kill": lambda: os.kill(os.getppid(), 0),
    "truncate": lambda: os.truncate(folder / "a", 0), "elsewhere": lambda: open("/etc/passwd"),
}
thread = threading.Thread(target=lambda: None)
thread.start(), thread.join()
print(json.dumps({"level": level, "read": (folder / "a").read_text(), "shell": os.system("exit 0"),
                  "allowed": [name for name, action in tries.items() if not refused(action)]}))
"""

linux = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"), reason="confinement is Linux only"
)


@linux
def test_nothing_but_reading_the_artifact_is_left(tmp_path):
    (tmp_path / "a").write_text("hi")
    command = [sys.executable, "-c", TRY, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    assert said["read"] == "hi"
    assert said["shell"] != 0
    allowed = set(said["allowed"])
    if said["level"] == "isolated (any file readable)":
        allowed -= {"elsewhere"}
    assert said["level"].startswith("isolated")
    assert allowed == set()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]
