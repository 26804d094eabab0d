"""affiant as the clients meet it: the built tool, fresh releases of a small dataset, and checks that are counted."""

import os
import pty
import shutil
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = Path(os.environ.get("AFFIANT_TARGET", ROOT / "target"))
AFFIANT = TARGET / "release" / "affiant"
THROWAWAY_KEY = TARGET / "release" / "examples" / "throwaway-key"
DATE = "2026-01-01"


def environment():
    """That of somebody without a home: a reader who remembers no release, so that each check stands by itself."""
    return {name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_STATE_HOME")}


def run(*command, cwd=None, stdin=None, env=None):
    """Runs a command to its end, out of reach of any terminal; its exit code is the caller's to judge."""
    words = [str(word) for word in command]
    env = env or environment()
    return subprocess.run(words, cwd=cwd, env=env, input=stdin or b"", capture_output=True, start_new_session=True)


def run_at_terminal(*command, typed):
    """Runs a command at a terminal of its own, and types lines: each behind its prompt, once nothing typed is shown.

    Returns the exit code and all that was to be seen.
    """
    child, terminal = pty.fork()
    if child == 0:
        os.execve(str(command[0]), [str(word) for word in command], environment())
    seen, looked = b"", 0
    waiting = list(typed)
    while part := read_from(terminal):
        seen += part
        if waiting and (at := seen.find(waiting[0][0].encode(), looked)) >= 0:
            prompt, line = waiting.pop(0)
            looked = at + len(prompt)
            await_silence(terminal)
            os.write(terminal, line.encode() + b"\n")
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen


def await_silence(terminal):
    """Waits until what is typed is not shown any more."""
    for _ in range(1000):
        if not termios.tcgetattr(terminal)[3] & termios.ECHO:
            return
        time.sleep(0.01)
    sys.exit("the program asks for a passphrase and shows what is typed")


def read_from(terminal):
    """The next words on a terminal; nothing once the program has ended."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


def must(*command, cwd=None, env=None):
    """Runs a command that has to succeed for the test to mean anything."""
    ended = run(*command, cwd=cwd, env=env)
    if ended.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit {ended.returncode}\n{ended.stdout.decode()}{ended.stderr.decode()}")
    return ended


def accepts(*command, cwd=None, stdin=None):
    return run(*command, cwd=cwd, stdin=stdin).returncode == 0


def find(client):
    """Where a client is, in the tests' own Python or on the path."""
    return shutil.which(client, path=os.pathsep.join([str(TARGET / "venv" / "bin"), os.environ["PATH"]]))


def not_run(client, why):
    print(f"NOT RUN: {client} ({why})")
    sys.exit(0)


class Workshop:
    """A folder with a dataset, a key and a release of it; it vanishes at the end."""

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="affiant-")
        self.path = Path(self._folder.name)
        self.dataset = self.path / "dataset"
        self.key = self.path / "key"
        self.trust = self.path / "key.allowed_signers"
        must(AFFIANT, "init", self.dataset)
        must(THROWAWAY_KEY, self.key)
        self.release = self.cut("releases", self.key)
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def cut(self, out, key):
        """A release of the dataset in a folder of its own."""
        must(AFFIANT, "release", self.dataset, "--version", "1.0.0", "--date", DATE, "--key", key, "--out", self.path / out)
        return self.path / out / "1.0.0"

    def copy(self, name):
        """A copy of the release, to be spoilt."""
        shutil.copytree(self.release, self.path / name / self.release.name)
        return self.path / name / self.release.name


def same_folders(one, other):
    """Whether two folders hold the same files with the same bytes."""
    def content(folder):
        return {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()}

    return content(one) == content(other)


def change_one_byte(file, at=None):
    """Turns one bit over, by default in the middle of the file."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2 if at is None else at] ^= 1
    file.write_bytes(content)


class Checks:
    """Prints a line for each check, and the totals."""

    def __init__(self, client):
        self.client = client
        self.passed = self.failed = 0

    def expect(self, what, holds):
        self.passed += bool(holds)
        self.failed += not holds
        print(f"{'ok    ' if holds else 'FAILED'}  {self.client} {what}", flush=True)

    def end(self):
        print(f"{self.client}: {self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed else 0)
