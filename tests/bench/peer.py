"""The peers: which are installed, and in which version."""

import functools
import json
import re
import shutil
import subprocess

from project import BENCH, SCRIPTS

PLACE = BENCH / "peers"
NODE_MODULES = PLACE / "node_modules"
PYTHON = PLACE / "venv" / "bin" / "python3"
JSONSCHEMA = NODE_MODULES / ".bin" / "jsonschema"
BAGIT = PYTHON.with_name("bagit.py")
CSV_DIFF = PLACE / "bin" / "csv-diff"

# How each is asked for its version: a command, or the name of its package.
PEERS = {
    "GNU diff": ["diff", "--version"],
    "GNU coreutils": ["sha256sum", "--version"],
    "git": ["git", "--version"],
    "jq": ["jq", "--version"],
    "openssl": ["openssl", "version"],
    "rhash": ["rhash", "--version"],
    "hashdeep": ["hashdeep", "-V"],
    "minisign": ["minisign", "-v"],
    "sourcemeta jsonschema": [JSONSCHEMA, "version"],
    "ajv": "node:ajv",
    "jsonschema-rs": "python:jsonschema_rs",
    "bagit": "python:bagit",
    "duckdb": "python:duckdb",
    "polars": "python:polars",
    "csv-diff": "cargo:csv-diff",
}


@functools.cache
def version(name):
    """The version of a peer; none if it is not installed."""
    way = PEERS[name]
    if isinstance(way, list):
        return command_version(way)
    kind, package = way.split(":")
    return {"node": node_version, "python": python_version, "cargo": cargo_version}[kind](package)


def command_version(command):
    if not shutil.which(command[0]):
        return None
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"\d+(\.\d+)+\w*", ended.stdout + ended.stderr)
    return found[0] if found else None


def node_version(package):
    manifest = NODE_MODULES / package / "package.json"
    return json.loads(manifest.read_text())["version"] if manifest.exists() and shutil.which("node") else None


def python_version(package):
    if not PYTHON.exists():
        return None
    script = f"import importlib.metadata as m; print(m.version({package!r}))"
    ended = subprocess.run([PYTHON, "-c", script], capture_output=True, text=True, check=False)
    return ended.stdout.strip() if ended.returncode == 0 else None


def cargo_version(package):
    """Of a crate that a program in peers/ is built on: that program has the crate's name and no version of its own."""
    if not (PLACE / "bin" / package).exists():
        return None
    manifest = SCRIPTS / package.replace("-", "_") / "Cargo.toml"
    found = re.search(rf'^{package} = "=(.+)"$', manifest.read_text(), re.MULTILINE)
    return found[1] if found else None


def missing(name):
    """Why a peer cannot run here; nothing if it can."""
    return f"{name} is not installed" if name and not version(name) else None
