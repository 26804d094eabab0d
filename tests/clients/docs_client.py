#!/usr/bin/env python3
"""A newcomer who pastes the shell blocks of README.md and dist/README.md, in their order."""

import os
import re
import shutil
import tempfile
from pathlib import Path

import tool

FENCE = re.compile(r"^```(sh|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(document):
    """The blocks a reader would paste; of a console block, what stands behind its prompts."""
    for kind, block in FENCE.findall(document.read_text(encoding="utf-8")):
        prompts = re.findall(r"^\$ (.*)$", block, re.MULTILINE)
        yield "\n".join(prompts) if kind == "console" else block


def missing(block):
    """The first client a block needs that is not on this machine."""
    clients = ["ssh-keygen", "sha256sum", "bagit.py", "jq", "minisign", "openssl", "proofbundle", "sqlite3"]
    return next((client for client in clients if f"{client} " in block and tool.find(client) is None), None)


def paste(checks, document, folder, leave_out):
    """Pastes block after block into one shell, so that a `cd` lasts; stops telling at the first that fails."""
    name = document.relative_to(tool.ROOT)
    script = ["set -euo pipefail"]
    for number, block in enumerate(blocks(document), 1):
        if client := missing(block):
            # Later blocks may stand on this one.
            print(f"NOT RUN: {name} from block {number} on ({client} is not on this machine)")
            break
        if not any(word in block for word in leave_out):
            script += [block, f"echo 'PASTED {number}'"]
    if len(script) == 1:
        return
    ended = tool.run("bash", "-c", "\n".join(script), cwd=folder)
    pasted = ended.stdout.decode().count("PASTED")
    wanted = sum("PASTED" in line for line in script)
    checks.expect(f"pastes {wanted} blocks of {name}", ended.returncode == 0 and pasted == wanted)
    if ended.returncode != 0:
        print(f"stopped behind block {pasted} of {wanted}\n{ended.stdout.decode()[-2000:]}{ended.stderr.decode()[-2000:]}")


def main():
    os.environ["PATH"] = os.pathsep.join([str(tool.AFFIANT.parent), str(tool.TARGET / "venv" / "bin"), os.environ["PATH"]])
    checks = tool.Checks("docs")
    with tempfile.TemporaryDirectory(prefix="affiant-docs-") as folder:
        copy = Path(folder)
        for name in ["dist", "seeds", "README.md"]:
            source = tool.ROOT / name
            shutil.copytree(source, copy / name) if source.is_dir() else shutil.copy(source, copy)
        (copy / "target").mkdir()
        paste(checks, tool.ROOT / "README.md", copy, leave_out=["make "])
        (copy / "dist" / "my-copies").mkdir()
        paste(checks, tool.ROOT / "dist" / "README.md", copy / "dist", leave_out=[])
    checks.end()


if __name__ == "__main__":
    main()
