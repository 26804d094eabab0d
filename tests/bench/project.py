"""The project: where it stands, what is built, and where the benchmark keeps its things."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "clients"))
from tool import AFFIANT, DATE, ROOT, TARGET, THROWAWAY_KEY, change_one_byte, must  # noqa: F401

BENCH = TARGET / "bench"
EXAMPLES = THROWAWAY_KEY.parent
SCRIPTS = HERE / "peers"
SCHEMA = ROOT / "schemas" / "claim.schema.json"


def commit():
    """The commit that was measured, with a mark if files differ from it."""
    words = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip() or "unknown"
