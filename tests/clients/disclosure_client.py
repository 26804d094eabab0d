#!/usr/bin/env python3
"""A reader of disclosures made of SPEC.md, Python's own library and ssh-keygen, beside `affiant verify`."""

import base64
import hashlib
import json
import re
import tempfile
from pathlib import Path

import tool

DEPTH = 25
TEXT = "  They told us to write three.\n\nIn truth it was seven: Бесеу балалар.\t\r\n".encode() * 40 + b"caf\xe9"
SEGMENT = re.compile(rb"\A[\t\n\r ]+\Z|\A[\t\n\r ]*[^\t\n\r ]+[\t\n\r ]*|[^\t\n\r ]+[\t\n\r ]*")


class Refused(Exception):
    pass


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def hmac(key, *parts):
    """HMAC-SHA-256 (RFC 2104) for keys of at most a block."""
    block = key.ljust(64, b"\0")
    inner, outer = (bytes(byte ^ mask for byte in block) for mask in (0x36, 0x5C))
    return sha256(outer, sha256(inner, *parts))


def big_endian(number, size):
    return number.to_bytes(size, "big")


def bytes_of(member):
    return member["text"].encode() if "text" in member else base64.b64decode(member["base64"], validate=True)


def root_of_text(secret, text):
    segments = SEGMENT.findall(text)

    def node(level, index):
        if index << level >= len(segments):
            return hmac(secret, b"padding", big_endian(level, 4), big_endian(index, 8))
        if level == 0:
            return sha256(b"\0", hmac(secret, big_endian(index, 8)), segments[index])
        return sha256(b"\1", node(level - 1, 2 * index), node(level - 1, 2 * index + 1))

    return node(DEPTH, 0)


def root_of_passage(passage):
    first, segments = passage["first"], [bytes_of(segment) for segment in passage["segments"]]
    words = b"".join(segments)
    if not segments or first + len(segments) > 2**DEPTH or SEGMENT.findall(words) != segments:
        raise Refused("the passage is not cut as a text is")
    if first > 0 and words[:1] in b"\t\n\r ":
        raise Refused("the passage begins with white space")
    salts = [bytes.fromhex(segment["salt"]) for segment in passage["segments"]]
    leaves = iter([sha256(b"\0", salt, segment) for salt, segment in zip(salts, segments)])
    beside = iter([bytes.fromhex(node) for node in passage["proof"]])

    def node(level, index):
        begin, end = index << level, (index + 1) << level
        if end <= first or first + len(segments) <= begin:
            return next(beside, b"")
        if level == 0:
            return next(leaves)
        return sha256(b"\1", node(level - 1, 2 * index), node(level - 1, 2 * index + 1))

    root = node(DEPTH, 0)
    if next(beside, None) is not None:
        raise Refused("the proof is too long")
    return root, words


def source_of(receipt, trust):
    """The record of the source and the release's dataset, once a trusted key is shown to have signed both."""
    files = {name: text.encode() for name, text in receipt["files"].items()}
    tag_manifest, info = files["tagmanifest-sha256.txt"], files["release.json"]
    with tempfile.TemporaryDirectory() as folder:
        signature = Path(folder, "sig")
        signature.write_bytes(files["tagmanifest-sha256.txt.sig"])
        signer = trust.read_text().split()[0]
        if not tool.accepts("ssh-keygen", "-Y", "verify", "-f", trust, "-I", signer, "-n", "affiant-release", "-s", signature,
                            stdin=tag_manifest):
            raise Refused("no trusted signature")
    if f"{sha256(info).hex()}  release.json\n".encode() not in tag_manifest:
        raise Refused("release.json is another one")
    info = json.loads(info)
    record, = receipt["records"]
    tree, index, node = info["records"]["source"], record["index"], sha256(b"\0", record["line"].encode())
    last = tree["count"] - 1
    if record["file"] != "sources.jsonl" or not 0 <= index <= last:
        raise Refused("the record is not that of a source")
    for sibling in map(bytes.fromhex, record["path"]):
        if index % 2 == 1 or index == last:
            node = sha256(b"\1", sibling, node)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            node = sha256(b"\1", node, sibling)
        index, last = index // 2, last // 2
    if last or node.hex() != tree["root"]:
        raise Refused("the record was not released")
    return json.loads(record["line"]), info["dataset"]


def verify(file, trust):
    """The words that a disclosure proves to have been sealed."""
    document = json.loads(file.read_bytes())
    if document["format"] != "affiant-disclosure-1":
        raise Refused("another format")
    source, dataset = source_of(document["receipt"], trust)
    if "whole" in document:
        words = bytes_of(document["whole"])
        root = root_of_text(bytes.fromhex(document["whole"]["secret"]), words)
    else:
        root, words = root_of_passage(document["passage"])
    commitment = sha256(f"affiant-commitment-1\n{dataset}\n{source['id']}\n".encode(), root)
    if source["rights"]["text"] != "sealed" or source["commitment"] != commitment.hex():
        raise Refused("the words were not sealed")
    return words


def accepts(file, trust, words):
    try:
        return verify(file, trust) == words
    except Refused:
        return False


def both_refuse(checks, what, file, trust):
    try:
        verify(file, trust)
        refused = False
    except Refused:
        refused = True
    ours = tool.run(tool.AFFIANT, "verify", file, "--trust", trust).returncode
    checks.expect(f"refuses {what}, and so do we", refused and ours == 1)


def rewritten(file, edit):
    """The same document after an edit, in canonical form: all its names are ASCII."""
    document = json.loads(file.read_bytes())
    edit(document)
    spoiled = file.with_suffix(".spoiled.json")
    spoiled.write_bytes(json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n")
    return spoiled


def disclosures(workshop):
    """A sealed text in a release of its own; the options of each disclosure of it, and the words it shows."""
    text, salt = workshop.path / "letter.txt", workshop.path / "letter.salt"
    text.write_bytes(TEXT)
    tool.must(tool.AFFIANT, "seal", text, "--into", workshop.dataset, "--id", "letter-01", "--publisher", "person-01",
              "--salt", salt)
    release = workshop.cut("sealed", workshop.key)
    extents = {
        "the whole text": (["--whole"], TEXT),
        "the first words": (["--words", "They told", "--nth", "1"], b"  They told "),
        "words in the middle": (["--words", "seven: Бесеу", "--nth", "17"], "seven: Бесеу ".encode()),
        "one word": (["--words", "truth", "--nth", "40"], b"truth "),
        "the last word": (["--words", "caf"], b"caf\xe9"),
    }
    for number, (what, (options, words)) in enumerate(extents.items()):
        file = workshop.path / f"disclosure-{number}.json"
        tool.must(tool.AFFIANT, "disclose", "letter-01", "--text", text, "--salt", salt, "--release", release, *options,
                  "--out", file)
        yield what, file, words


SPOILED_WHOLES = {
    "another secret": lambda whole: whole.update(secret="00" * 32),
    "a text that lacks its last byte": lambda whole: whole.update(base64=base64.b64encode(TEXT[:-1]).decode()),
}

SPOILED_PASSAGES = {
    "another word": lambda passage: passage["segments"][0].update(text="never "),
    "words run together": lambda passage: passage["segments"][0].update(text="seven:"),
    "another salt": lambda passage: passage["segments"][0].update(salt="00" * 32),
    "another place": lambda passage: passage.update(first=passage["first"] + 1),
    "a proof in another order": lambda passage: passage["proof"].reverse(),
    "a shorter proof": lambda passage: passage["proof"].pop(),
    "a longer proof": lambda passage: passage["proof"].append("00" * 32),
}


def main():
    if not tool.find("ssh-keygen"):
        tool.not_run("disclosure", "no ssh-keygen on this machine")
    checks = tool.Checks("disclosure")
    with tool.Workshop() as workshop:
        for what, file, words in disclosures(workshop):
            ours = tool.accepts(tool.AFFIANT, "verify", file, "--trust", workshop.trust)
            checks.expect(f"accepts {what}", ours and accepts(file, workshop.trust, words))
            if what == "the whole text":
                for spoiled, edit in SPOILED_WHOLES.items():
                    document = rewritten(file, lambda document: edit(document["whole"]))
                    both_refuse(checks, spoiled, document, workshop.trust)
            if what == "words in the middle":
                for spoiled, edit in SPOILED_PASSAGES.items():
                    document = rewritten(file, lambda document: edit(document["passage"]))
                    both_refuse(checks, spoiled, document, workshop.trust)
                record = rewritten(file, lambda document: document["receipt"]["records"][0].update(index=0))
                both_refuse(checks, "a record in another place", record, workshop.trust)
    checks.end()


main()
