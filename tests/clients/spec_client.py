#!/usr/bin/env python3
"""The worked examples of schemas/SPEC.md, computed again from a release that affiant makes of them.

What differs is printed as the text has to say it, so that the text is easily brought up to date.
"""

import hashlib
import json
import os
import re
import sys
import tempfile
from pathlib import Path

import tool

try:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
except ImportError:
    PYTHON = tool.find("python3")
    if not tool.accepts(PYTHON, "-c", "import cryptography"):
        tool.not_run("SPEC.md's examples", "the library cryptography is not on this machine")
    os.execv(PYTHON, [PYTHON, *sys.argv])

sys.path.append(str(tool.ROOT / "tests"))
import second_verifier as second

SPEC = (tool.ROOT / "schemas" / "SPEC.md").read_text()
SECTIONS = dict(re.findall(r"^## (\d+) [^\n]*\n(.*?)(?=^## |\Z)", SPEC, re.MULTILINE | re.DOTALL))
KEY = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
PUBLIC = second.Key(KEY.public_key().public_bytes_raw())
ORIGIN = "affiant/example"


class Text:
    """One section of SPEC.md, in which values have to stand."""

    def __init__(self, checks, section):
        self.checks = checks
        self.section = section

    def blocks(self, kind):
        return re.findall(rf"^```{kind}\n(.*?)^```$", SECTIONS[self.section], re.MULTILINE | re.DOTALL)

    def says(self, what, value):
        there = value in SECTIONS[self.section]
        self.checks.expect(f"section {self.section} tells {what}", there)
        if not there:
            print(f"section {self.section} has to say:\n{value}")


def example(folder):
    """The release that all examples come from, and the log beside it."""
    key = folder / "key"
    key.touch(mode=0o600)
    key.write_bytes(KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()))
    tool.must(tool.AFFIANT, "init", folder / "example")
    tool.must(tool.AFFIANT, "release", folder / "example", "--version", "1.0.0", "--date", "2026-11-21",
              "--fresh-until", "2027-11-21", "--key", key, "--out", folder / "dist")
    return folder / "dist" / "1.0.0", folder / "dist" / "log"


def hex_lines(content):
    return "\n".join(re.findall(".{1,64}", content.hex()))


def canonical_form(text):
    curators, canonical = (block.removesuffix("\n").encode() for block in text.blocks("json"))
    value = json.loads(curators, object_pairs_hook=second.members)
    text.checks.expect("section 3 tells a canonical form", second.canonical(value) == canonical)
    text.says("its length", f"{len(canonical)} bytes")


def merkle_tree(text, agents):
    leaves = [second.leaf(line) for line in agents.encode().splitlines()]
    hashes = [("leaf 0   ", leaves[0]), ("leaf 1   ", leaves[1]), ("leaf 2   ", leaves[2]),
              ("node 0 1 ", second.root(leaves[:2])), ("root     ", second.root(leaves))]
    text.says("three lines", agents)
    text.says("their tree", "".join(f"{name} {value.hex()}\n" for name, value in hashes))
    text.says("the root of nothing", second.root([]).hex())


def folder(text, release):
    for name in ["bagit.txt", "bag-info.txt", "tagmanifest-sha256.txt"]:
        text.says(name, f"```text\n{(release / name).read_text()}```")
    text.says("the length of bagit.txt", f"`bagit.txt`, {(release / 'bagit.txt').stat().st_size} bytes")
    text.says("the length of the tag manifest", f"The tag manifest of the example, {(release / second.TAGS).stat().st_size} bytes")


def release_info(text, info):
    told = "".join(text.blocks("json")).replace("\n", "")
    text.checks.expect("section 6 tells release.json", told == info.strip())
    if told != info.strip():
        print(f"section 6 has to say, with line ends where they please:\n{info}")


def key(text):
    blob = second.base64(PUBLIC.blob)
    pem = KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    for line in [
        f"OpenSSH      ssh-ed25519 {blob}",
        f"fingerprint  {PUBLIC.fingerprint}",
        f"minisign     {second.base64(b'Ed' + PUBLIC.minisign_id + PUBLIC)}",
        f"C2SP vkey    {ORIGIN}+{PUBLIC.note_id(ORIGIN).hex()}+{second.base64(bytes([1]) + PUBLIC)}",
        f"PEM          {second.base64(pem)}",
    ]:
        text.says(f"the key for {line.split('  ')[0]}", f"{line}\n")
    text.says("the key id", f"`{PUBLIC.minisign_id.hex()}`")


def openssh(text, tags, armor):
    digest = hashlib.sha512(tags).digest()
    signed = b"SSHSIG" + b"".join(map(second.string, [second.NAMESPACE.encode(), b"", b"sha512", digest]))
    signature = KEY.sign(signed)
    text.says("the SHA-512 of the tag manifest", hex_lines(digest))
    text.says("what OpenSSH signs", f"what is signed, {len(signed)} bytes\n{hex_lines(signed)}")
    text.says("R and S", hex_lines(signature))
    text.says("the armor", armor)
    text.checks.expect("section 7 holds R and S in its armor", second.openssh(armor.encode(), tags) == PUBLIC)


def minisign(text, tags, seal):
    text.says("the minisign signature", seal)
    comment = second.minisign(PUBLIC, seal.encode(), tags)
    text.checks.expect("section 7 holds both signatures in it", comment.startswith("dataset:example "))


def in_toto(text, tags, info):
    digest = hashlib.sha256(tags).hexdigest()
    payload = second.canonical({
        "_type": "https://in-toto.io/Statement/v1", "predicate": second.read(info.encode() + b"\n"),
        "predicateType": "urn:affiant:release:1", "subject": [{"digest": {"sha256": digest}, "name": second.TAGS}],
    })
    signature = KEY.sign(f"DSSEv1 28 {second.PAYLOAD_TYPE} {len(payload)} ".encode() + payload)
    text.says("the statement's subject", f'{{"digest":{{"sha256":"{digest}"}},"name":"{second.TAGS}"}}')
    text.says("the payload's length", f"payload has {len(payload)} bytes")
    text.says("its digest", f"`{hashlib.sha256(payload).hexdigest()}`")
    text.says("its signature", second.base64(signature))


def proof(text, tags):
    leaf = second.leaf(tags)
    checkpoint = f"{ORIGIN}\n1\n{second.base64(leaf)}\n"
    signature = PUBLIC.note_id(ORIGIN) + KEY.sign(checkpoint.encode())
    note = f"{checkpoint}\n— {ORIGIN} {second.base64(signature)}\n"
    text.says("the log's proof", f"c2sp.org/tlog-proof@v1\nindex 0\n\n{note}")
    text.says("the leaf", f"`{leaf.hex()}`")
    return note


def log(text, files, tags, note):
    bundle = len(tags).to_bytes(2, "big")
    text.says("the first bundle", f"`{bundle.hex()}`, the length {len(tags)}")
    for name, content in [("checkpoint", note.encode()), ("tile/0/000.p/1", second.leaf(tags)), ("tile/entries/000.p/1", bundle + tags)]:
        text.checks.expect(f"section 11 tells {name}", (files / name).read_bytes() == content)


def main():
    checks = tool.Checks("SPEC.md")
    with tempfile.TemporaryDirectory(prefix="affiant-spec-") as temporary:
        os.environ["XDG_STATE_HOME"] = temporary
        release, files = example(Path(temporary))
        tags, info = (release / second.TAGS).read_bytes(), (release / "release.json").read_text()
        canonical_form(Text(checks, "3"))
        merkle_tree(Text(checks, "4"), (release / "data" / "agents.jsonl").read_text())
        folder(Text(checks, "5"), release)
        release_info(Text(checks, "6"), info)
        seven = Text(checks, "7")
        key(seven)
        openssh(seven, tags, (release / second.SEALS[0]).read_text())
        minisign(seven, tags, (release / second.SEALS[1]).read_text())
        in_toto(seven, tags, info.removesuffix("\n"))
        note = proof(seven, tags)
        log(Text(checks, "11"), files, tags, note)
    checks.end()


main()
