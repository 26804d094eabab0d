#!/usr/bin/env python3
"""securesystemslib, the library of TUF and in-toto, on a release's envelope; and what a reader compares by hand."""

import base64
import hashlib
import json

import tool

SIGNED = "tagmanifest-sha256.txt"
ENVELOPE = "release.intoto.json"

# Run by the Python that has the library: envelope, public key and key id in, exit code out.
PROGRAM = """
import json, sys
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey
envelope, pem, key_id = sys.argv[1:]
key = SSlibKey.from_crypto(load_pem_public_key(open(pem, "rb").read()), keyid=key_id)
Envelope.from_dict(json.load(open(envelope))).verify([key], threshold=1)
"""


class Reader:
    """Somebody who has the library, the key's PEM file and its fingerprint, but not affiant."""

    def __init__(self, python, workshop):
        self.python = python
        self.pem = workshop.path / "key.pem"
        self.pem.write_bytes(tool.must(tool.AFFIANT, "pubkey", workshop.key, "--as", "pem").stdout)
        blob = base64.b64decode(workshop.path.joinpath("key.pub").read_text().split()[1])
        self.key_id = "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")

    def verifies(self, release):
        return tool.accepts(self.python, "-c", PROGRAM, release / ENVELOPE, self.pem, self.key_id)

    def accepts(self, release):
        return self.verifies(release) and states(release) == expected(release)


def states(release):
    """The payload's type and content."""
    envelope = json.loads((release / ENVELOPE).read_bytes())
    return envelope["payloadType"], json.loads(base64.b64decode(envelope["payload"]))


def expected(release):
    """What in-toto says of a release."""
    return "application/vnd.in-toto+json", {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": SIGNED, "digest": {"sha256": hashlib.sha256((release / SIGNED).read_bytes()).hexdigest()}}],
        "predicateType": "urn:affiant:release:1",
        "predicate": json.loads((release / "release.json").read_bytes()),
    }


def affiant(workshop, release):
    """The exit code of affiant's own verdict, of a reader who saw nothing before."""
    return tool.run(tool.AFFIANT, "verify", release, "--trust", workshop.trust, "--no-state").returncode


def change_envelope(release, change):
    """Changes the envelope and writes it in canonical form again: its members are ASCII and sort as text does."""
    envelope = json.loads((release / ENVELOPE).read_bytes())
    change(envelope)
    (release / ENVELOPE).write_text(json.dumps(envelope, sort_keys=True, separators=(",", ":")) + "\n")


def flip_base64(text, at):
    content = bytearray(base64.b64decode(text))
    content[at] ^= 1
    return base64.b64encode(content).decode()


def flip_payload(envelope):
    """A digit of the subject's digest: still JSON, still a statement."""
    payload = base64.b64decode(envelope["payload"])
    envelope["payload"] = flip_base64(envelope["payload"], payload.rindex(b'"sha256":"') + len(b'"sha256":"'))


def flip_signature(envelope):
    envelope["signatures"][0]["sig"] = flip_base64(envelope["signatures"][0]["sig"], 0)


CHANGES = {
    "a byte of the payload": flip_payload,
    "a byte of the signature": flip_signature,
    "the payload's type": lambda envelope: envelope.update(payloadType="application/json"),
    "the key id": lambda envelope: envelope["signatures"][0].update(keyid="SHA256:" + "A" * 43),
    "the number of signatures, to none,": lambda envelope: envelope["signatures"].clear(),
}


def main():
    python = tool.find("python3")
    if not tool.accepts(python, "-c", "import cryptography, securesystemslib"):
        tool.not_run("securesystemslib", "it is not on this machine")
    checks = tool.Checks("securesystemslib")
    with tool.Workshop() as workshop:
        reader = Reader(python, workshop)
        both = reader.verifies(workshop.release) and affiant(workshop, workshop.release) == 0
        checks.expect("and affiant both accept our envelope", both)
        checks.expect("finds in it the tag manifest's digest and release.json", reader.accepts(workshop.release))

        same = workshop.copy("same")
        change_envelope(same, lambda envelope: None)
        unchanged = (same / ENVELOPE).read_bytes() == (workshop.release / ENVELOPE).read_bytes()
        checks.expect("is shown an envelope in canonical form", unchanged)

        message = workshop.copy("changed-message")
        tool.change_one_byte(message / SIGNED)
        stranger = workshop.path / "stranger"
        tool.must(tool.THROWAWAY_KEY, stranger)
        spoilt = {
            "a byte of the tag manifest was changed": message,
            "another key made the release": workshop.cut("stranger-releases", stranger),
        }
        for number, (what, change) in enumerate(CHANGES.items()):
            spoilt[f"{what} was changed"] = workshop.copy(f"changed/{number}")
            change_envelope(spoilt[f"{what} was changed"], change)
        for what, release in spoilt.items():
            both = not reader.accepts(release) and affiant(workshop, release) == 1
            checks.expect(f"and affiant both refuse it after {what}", both)
    checks.end()


main()
