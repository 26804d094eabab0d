"""The project: where it stands, what is built, and where the benchmark keeps its things."""

import fcntl
import functools
import hashlib
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "clients"))
from tool import DATE, ROOT, TARGET, THROWAWAY_KEY, change_one_byte, must  # noqa: F401

BENCH = TARGET / "bench"
# The tool as it is handed on; whoever is measured against it is built for speed, too.
AFFIANT = TARGET / "production" / "affiant"
CRATE_VALIDATE = TARGET / "peer" / "examples" / "crate-validate"
EXAMPLES = THROWAWAY_KEY.parent
SCRIPTS = HERE / "peers"
SCHEMA = ROOT / "schemas" / "claim.schema.json"


@functools.cache
def binary():
    """The digest of the tool that is measured."""
    return hashlib.sha256(AFFIANT.read_bytes()).hexdigest()


def commit():
    """The commit that was measured, with a mark if files differ from it."""
    words = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def turn():
    """Waits until no other benchmark runs, and keeps others waiting: two at once would measure each other."""
    BENCH.mkdir(parents=True, exist_ok=True)
    lock = (BENCH / "lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock
