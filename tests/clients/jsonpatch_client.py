#!/usr/bin/env python3
"""jsonpatch, a library for RFC 6902, on the patches of a diff: they turn one version's document into the other's."""

import hashlib
import json

import tool

PAIRS = tool.ROOT / "tests" / "pairs"
KINDS = ["agents", "claims", "events", "sources"]

# Run by the Python that has the library: cases of old document, patch and new document in, and out whether the patch
# makes the new one of the old one, and whether it is refused where the old one was not what it says.
PROGRAM = """
import json, sys
import jsonpatch

def patched(document, patch):
    try:
        return jsonpatch.apply_patch(document, patch)
    except jsonpatch.JsonPatchException:
        return None

print(json.dumps([[patched(old, patch) == new, patched(new, patch) is None] for old, patch, new in json.load(sys.stdin)]))
"""


def records(folder, kind):
    files = [folder / f"{kind}.jsonl", *folder.glob(f"{kind}/*.jsonl")]
    lines = [line for file in files if file.exists() for line in file.read_text().splitlines()]
    return {record["id"]: record for record in map(json.loads, lines)}


def document(folder, signer=None):
    """The whole of a dataset folder, or of a release's payload, as one document."""
    files = [file for file in [folder / "README.md", *folder.glob("schemas/*")] if file.exists()]
    return {
        **{kind: records(folder, kind) for kind in KINDS},
        "dataset": json.loads((folder / "dataset.json").read_text()),
        "files": {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files},
        "signer": signer,
    }


def patch(old, new):
    """All patches of a diff, one behind the other."""
    lines = tool.must(tool.AFFIANT, "diff", old, new, "--format", "jsonl", "--limit", "0").stdout.splitlines()
    return [operation for line in map(json.loads, lines) for operation in line.get("patch", [])]


def fingerprint(key):
    shown = tool.must("ssh-keygen", "-l", "-f", f"{key}.pub").stdout.decode()
    return shown.split()[1]


def of_pairs():
    for pair in sorted(PAIRS.iterdir()):
        yield pair.name, [document(pair / "old"), patch(pair / "old", pair / "new"), document(pair / "new")]


def of_releases(workshop):
    """Two releases that differ in a claim, in the codebook, in the licence and in their signer."""
    claims = workshop.dataset / "claims" / "example.jsonl"
    claims.write_text(claims.read_text().replace('"stance":"asserts"', '"stance":"doubts"'))
    declaration = workshop.dataset / "dataset.json"
    declaration.write_text(declaration.read_text().replace("CC-BY-4.0", "CC0-1.0"))
    (workshop.dataset / "README.md").write_text("# Another codebook\n")
    stranger = workshop.path / "stranger"
    tool.must(tool.THROWAWAY_KEY, stranger)
    other = workshop.cut("other", stranger)
    sides = [(workshop.release, workshop.key), (other, stranger)]
    old, new = (document(release / "data", fingerprint(key)) for release, key in sides)
    return "two releases", [old, patch(workshop.release, other), new]


def main():
    python = tool.TARGET / "venv" / "bin" / "python3"
    if not tool.accepts(python, "-c", "import jsonpatch"):
        tool.not_run("jsonpatch", "it is not on this machine")
    checks = tool.Checks("jsonpatch")
    with tool.Workshop() as workshop:
        cases = [*of_pairs(), of_releases(workshop)]
    ended = tool.run(python, "-c", PROGRAM, stdin=json.dumps([case for _, case in cases]).encode())
    for (name, (_, operations, _)), (is_made, is_refused) in zip(cases, json.loads(ended.stdout), strict=True):
        checks.expect(f"makes the new version of {name}", is_made)
        # RFC 6902 lets `add` replace what is there: only what was there before can be missed.
        if any(operation["op"] == "test" for operation in operations):
            checks.expect(f"refuses the patch of {name} where it was applied before", is_refused)
    checks.end()


main()
