#!/usr/bin/env python3
"""openssl on a release's envelope: the bytes that DSSE signs are built here, from the protocol alone."""

import base64
import json

import tool

ENVELOPE = "release.intoto.json"


class Reader:
    """Somebody who has openssl and the key's PEM file, but not affiant."""

    def __init__(self, openssl, workshop):
        self.openssl = openssl
        self.pem = workshop.path / "key.pem"
        self.pem.write_bytes(tool.must(tool.AFFIANT, "pubkey", workshop.key, "--as", "pem").stdout)
        self.signed = workshop.path / "signed"
        self.signature = workshop.path / "signature"

    def accepts(self, envelope):
        """Whether the first signature holds for the payload and its type."""
        payload_type = envelope["payloadType"].encode()
        payload = base64.b64decode(envelope["payload"])
        self.signed.write_bytes(b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type, len(payload), payload))
        self.signature.write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
        return tool.accepts(self.openssl, "pkeyutl", "-verify", "-pubin", "-inkey", self.pem, "-rawin", "-in", self.signed,
                            "-sigfile", self.signature)


def affiant(workshop, release):
    """The exit code of affiant's own verdict, of a reader who saw nothing before."""
    return tool.run(tool.AFFIANT, "verify", release, "--trust", workshop.trust, "--no-state").returncode


def flip(text, at):
    """Base64 of the same bytes with one bit turned over."""
    content = bytearray(base64.b64decode(text))
    content[at] ^= 1
    return base64.b64encode(content).decode()


def changed(envelope):
    """Envelopes that openssl has to refuse, and what was done to each."""
    [signature] = envelope["signatures"]
    for what, at in [("first", 0), ("last", -1)]:
        yield f"the {what} byte of the payload", {**envelope, "payload": flip(envelope["payload"], at)}
    for what, at in [("R", 0), ("S", 32)]:
        spoilt = [{**signature, "sig": flip(signature["sig"], at)}]
        yield f"a byte of the signature's {what}", {**envelope, "signatures": spoilt}
    yield "the payload's type", {**envelope, "payloadType": "application/json"}


def main():
    openssl = tool.find("openssl")
    if openssl is None:
        tool.not_run("openssl", "it is not on this machine")
    if b"-rawin" not in tool.run(openssl, "pkeyutl", "-help").stderr:
        tool.not_run("openssl", "the one on this machine cannot verify Ed25519")
    checks = tool.Checks("openssl")
    with tool.Workshop() as workshop:
        reader = Reader(openssl, workshop)
        envelope = json.loads((workshop.release / ENVELOPE).read_bytes())
        both = reader.accepts(envelope) and affiant(workshop, workshop.release) == 0
        checks.expect("and affiant both accept our envelope", both)
        for number, (what, spoilt) in enumerate(changed(envelope)):
            release = workshop.copy(f"changed/{number}")
            (release / ENVELOPE).write_text(json.dumps(spoilt, sort_keys=True, separators=(",", ":")) + "\n")
            both = not reader.accepts(spoilt) and affiant(workshop, release) == 1
            checks.expect(f"and affiant both refuse it after {what} was changed", both)

        stranger = workshop.path / "stranger"
        tool.must(tool.THROWAWAY_KEY, stranger)
        theirs = workshop.cut("stranger-releases", stranger)
        both = not reader.accepts(json.loads((theirs / ENVELOPE).read_bytes())) and affiant(workshop, theirs) == 1
        checks.expect("and affiant both refuse the envelope of another key", both)
    checks.end()


main()
