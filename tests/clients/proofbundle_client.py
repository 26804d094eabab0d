#!/usr/bin/env python3
"""proofbundle and affiant on proofs that a release is in the log, and on the signature of a witness."""

import base64

import tool

ORIGIN = "affiant/dataset"
PROOF = "release.tlog-proof"
ENTRY = "tagmanifest-sha256.txt"
FIRST_HASH = 2

# Signs the checkpoint at the end of a file as a witness, with a key of its own, and prints the witness's verifier key.
WITNESS = """
import sys
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from proofbundle.checkpoint import cosign_checkpoint, cosign_vkey

name, file, key = sys.argv[1], Path(sys.argv[2]), Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)
before, checkpoint = file.read_text().split("affiant/dataset\\n", 1)
file.write_text(before + cosign_checkpoint("affiant/dataset\\n" + checkpoint, key, name, 1767225600))
print(cosign_vkey(name, key.public_key().public_bytes_raw()))
"""


def log_key(key, origin=ORIGIN):
    return tool.must(tool.AFFIANT, "pubkey", key, "--as", "note", "--origin", origin).stdout.decode().strip()


def release_again(workshop):
    """Cuts a second release beside the first, so that its proof has a hash to follow."""
    releases = workshop.release.parent
    tool.must(tool.AFFIANT, "release", workshop.dataset, "--version", "1.1.0", "--date", tool.DATE, "--key", workshop.key,
              "--out", releases)
    workshop.release = releases / "1.1.0"


def proves(workshop, release, *options, entry=None, key=None, origin=ORIGIN):
    """Whether proofbundle accepts a release's proof."""
    return tool.accepts(
        tool.find("proofbundle"), "verify-proof", release / PROOF, "--payload-file", entry or release / ENTRY,
        "--log-vkey", key or log_key(workshop.key), "--expected-origin", origin, *options,
    )


def affiant(workshop, release, *options):
    """The exit code of affiant's own verdict, of a reader who saw nothing before."""
    return tool.run(tool.AFFIANT, "verify", release, "--trust", workshop.trust, "--no-state", *options).returncode


def flip_base64(line, at):
    """Changes a line of the proof that ends in base64, so that it still does: one bit of what it encodes."""
    def change(lines):
        words = lines[line].split(" ")
        content = bytearray(base64.b64decode(words[-1]))
        content[at] ^= 1
        lines[line] = " ".join([*words[:-1], base64.b64encode(content).decode()])
    return change


def replace(line, new):
    def change(lines):
        lines[line] = new
    return change


def change_proof(release, change):
    lines = (release / PROOF).read_text().split("\n")
    change(lines)
    (release / PROOF).write_text("\n".join(lines))


def changed(workshop, name, change):
    """A copy of the release with another proof."""
    release = workshop.copy(name)
    change_proof(release, change)
    return release


def reads_our_proofs(checks, workshop):
    first = workshop.release.parent / "1.0.0"
    for release in [first, workshop.release]:
        both = proves(workshop, release) and affiant(workshop, release) == 0
        checks.expect(f"and affiant both accept the proof of {release.name}", both)

    stranger = workshop.path / "stranger"
    tool.must(tool.THROWAWAY_KEY, stranger)
    elsewhere = log_key(workshop.key, "affiant/elsewhere")
    checks.expect("refuses it for the entry of another release",
                  not proves(workshop, workshop.release, entry=first / ENTRY))
    checks.expect("refuses it where another log is asked for",
                  not proves(workshop, workshop.release, origin="affiant/elsewhere"))
    checks.expect("refuses it where the key has the name of another log",
                  not proves(workshop, workshop.release, key=elsewhere))
    checks.expect("refuses it where another key is trusted", not proves(workshop, workshop.release, key=log_key(stranger)))


def refuses_what_was_changed(checks, workshop):
    changes = {
        "a byte of the path": flip_base64(FIRST_HASH, 0),
        "the order of the path": lambda lines: lines.insert(FIRST_HASH, lines[FIRST_HASH]),
        "a path without its hash": lambda lines: lines.pop(FIRST_HASH),
        "the index": replace(1, "index 0"),
        "an index with a zero before it": replace(1, "index 01"),
        "the format's first line": replace(0, "c2sp.org/tlog-proof@v2"),
        "the origin": replace(FIRST_HASH + 2, "affiant/elsewhere"),
        "the size": replace(FIRST_HASH + 3, "3"),
        "a byte of the root": flip_base64(FIRST_HASH + 4, 0),
        "the key's id": flip_base64(FIRST_HASH + 6, 0),
        "a byte of the signature": flip_base64(FIRST_HASH + 6, 10),
    }
    for number, (what, change) in enumerate(changes.items()):
        release = changed(workshop, f"changed/{number}", change)
        both = not proves(workshop, release) and affiant(workshop, release) == 1
        checks.expect(f"and affiant both refuse {what}", both)

    extra = changed(workshop, "extra", lambda lines: lines.insert(1, "extra AAAA"))
    lenient = proves(workshop, extra) and affiant(workshop, extra) == 1
    checks.expect("accepts an extra line, which nobody signed, and affiant does not", lenient)


def shares_a_witness(checks, workshop):
    def cosign(name, file):
        python = tool.find("proofbundle").replace("/proofbundle", "/python3")
        return tool.must(python, "-c", WITNESS, name, file).stdout.decode().strip()

    release = workshop.copy("witnessed")
    witness = cosign("witness.example/w1", release / PROOF)

    def both(release, names, needed):
        theirs = [word for name in names for word in ["--witness-vkey", name]]
        ours = [word for name in names for word in ["--witness", name]]
        verdict = affiant(workshop, release, *ours, "--witnesses", needed)
        return proves(workshop, release, *theirs, "--threshold", needed), verdict == 0

    checks.expect("signs as a witness, and affiant accepts it too", both(release, [witness], 1) == (True, True))
    checks.expect("and affiant both miss a witness", both(workshop.release, [witness], 1) == (False, False))
    again = cosign("witness.example/w2", release / PROOF)
    checks.expect("and affiant both count a key under two names once", both(release, [witness, again], 2) == (False, False))
    change_proof(release, flip_base64(FIRST_HASH + 7, 11))
    checks.expect("and affiant both refuse a witness's signature with another time", both(release, [witness], 1) == (False, False))

    log = workshop.release.parent / "log"
    cosign("witness.example/w1", log / "checkpoint")
    listed = tool.run(tool.AFFIANT, "log", log, "--trust", workshop.trust, "--witness", witness, "--witnesses", 1)
    seen = b"by witness.example/w1 at 2026-01-01T00:00:00Z" in listed.stdout and listed.returncode == 0
    checks.expect("signs the log's checkpoint as a witness, and affiant tells when", seen)


def main():
    if tool.find("proofbundle") is None:
        tool.not_run("proofbundle", "it is not on this machine")
    checks = tool.Checks("proofbundle")
    with tool.Workshop() as workshop:
        release_again(workshop)
        reads_our_proofs(checks, workshop)
        refuses_what_was_changed(checks, workshop)
        shares_a_witness(checks, workshop)
    checks.end()


main()
