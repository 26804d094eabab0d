"""Receipts by section 12, whole and compact."""

import re
from hashlib import sha256

import history
import merkle
import records
import release
import schema
import seals
import trust
from ed25519 import minisign_id
from faults import Unusable, check, demand, otherwise
from seals import FIRST, FURTHER, INFO, TAGS
from strict_json import canonical, read, read_canonical

TREES = {file.removeprefix("data/"): kind for kind, file in release.KINDS.items()}


def verify(text, reader):
    if text.startswith(b"AFFIANT1:"):
        return compact(text, reader)
    if not text.startswith(b"{"):
        raise Unusable("neither a folder nor a receipt")
    return whole(text, reader)


def whole(text, reader):
    with otherwise("receipt-malformed", ""):
        receipt = read_canonical(text)
        check(schema.is_a("receipt", receipt))
        files = {name: content.encode() for name, content in receipt["files"].items()}
        check(all(name in [TAGS, INFO, *FIRST] or FURTHER.fullmatch(name) for name in files))
        places = [(line["file"], line["index"]) for line in receipt["records"]]
        check(places == sorted(set(places)))
    sealed = seals.verify(files)
    demand(next(iter(sealed.comments)) in reader.keys, "key-not-trusted", FIRST[0])
    with otherwise("tag-manifest-malformed", TAGS):
        listed = release.paths.read_manifest(files[TAGS])
        check(list(listed) == [release.BAG_INFO, release.BAGIT, release.MANIFEST, INFO])
    demand(INFO in files, "tag-file-missing", INFO)
    demand(sha256(files[INFO]).hexdigest() == listed[INFO], "tag-file-changed", INFO)
    info = release.read_info(files[INFO])
    release.agree(info, sealed, sha256(files[TAGS]).hexdigest())
    demand(info["schemas"].items() <= {name: release.known(name) for name in release.SCHEMAS}.items(), "schema-unknown", INFO)
    release.trusted(sealed, info, reader)
    verify_lines(info, receipt["records"])
    history.verify(info, sha256(files[TAGS]).hexdigest(), sealed, reader)
    return info


def verify_lines(info, lines):
    found = {name: {} for name in [*TREES, "statuses.jsonl"]}
    for line in lines:
        tree = info["records"][TREES[line["file"]]] if line["file"] in TREES else info["status_tree"]
        with otherwise("receipt-proof-invalid", line["file"]):
            climb(line["line"].encode(), line["index"], tree["count"], list(map(bytes.fromhex, line["path"])), tree["root"])
        with otherwise("receipt-malformed", line["file"]):
            record = read(line["line"].encode())
            check(schema.is_a(TREES.get(line["file"], "status"), record))
        found[line["file"]][record["id"]] = record
    with otherwise("receipt-incomplete", "claims.jsonl"):
        check(len(found["claims.jsonl"]) == 1)
        claim = next(iter(found["claims.jsonl"].values()))
        anchored = {anchor["capture"].rpartition(".")[0] for anchor in claim["at"]}
        sources = found["sources.jsonl"]
        agents = {*map(records.voice, claim["by"]), *claim.get("about", [])}
        for source in sources.values():
            agents |= {source["publisher"], *source.get("authors", [])}
        check(found["statuses.jsonl"].keys() == {claim["id"]} and found["events.jsonl"].keys() == {claim["event"]})
        check(sources.keys() == anchored and found["agents.jsonl"].keys() == agents)
    for anchor in claim["at"]:
        quote = anchor.get("quote")
        demand(quote is None or sha256(quote.encode()).hexdigest() == anchor["sha256"], "quote-differs", "claims.jsonl")


def climb(line, index, size, path, root):
    check(merkle.climb(merkle.leaf(line), index, size, path).hex() == root)


# Compact receipts

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def from_base45(text):
    """RFC 9285: three digits, least first, for two bytes; two for one."""
    content = b""
    for at in range(0, len(text), 3):
        group = text[at:at + 3]
        check(len(group) > 1 and all(digit in DIGITS for digit in group))
        number = sum(DIGITS.index(digit) * 45**place for place, digit in enumerate(group))
        check(number < 256 ** (len(group) - 1))
        content += number.to_bytes(len(group) - 1, "big")
    return content


class Fields:
    """The fields of a compact receipt, one behind the other."""

    def __init__(self, content):
        self.rest = content

    def take(self, size):
        check(len(self.rest) >= size)
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def line(self):
        """A line and the hashes of its proof."""
        line = self.take(self.number(4))
        line.decode()
        return line, [self.take(32) for _ in range(self.number(1))]


def compact(text, reader):
    with otherwise("receipt-malformed", ""):
        code = text.removesuffix(b"\n").decode()
        check(len(code) <= 4296)
        fields = Fields(from_base45(code.removeprefix("AFFIANT1:")))
        key_id, signature, whole = fields.take(8), fields.take(64), fields.take(64)
        digests = [fields.take(32).hex() for _ in range(4)]
        comment = fields.take(fields.number(2)).decode()
        index, claim, standing = fields.number(8), fields.line(), fields.line()
        check(fields.rest == b"" and re.fullmatch("[ -~]*", comment))
    names = [release.BAG_INFO, release.BAGIT, release.MANIFEST, INFO]
    tags = "".join(f"{digest}  {name}\n" for digest, name in zip(digests, names)).encode()
    keys = [key for key in reader.keys if minisign_id(key) == key_id]
    demand(keys, "key-not-trusted", "")
    with otherwise("signature-invalid", ""):
        seals.hold_minisign(keys[0], (key_id, signature, comment, whole), tags)
    said = seals.COMMENT.fullmatch(comment)
    demand(said, "receipt-malformed", "")
    demand(trust.is_good(reader.keys[keys[0]], said["date"]), "key-not-valid", "")
    demand(max(int(said["threshold"]), reader.threshold) <= 1, "threshold-not-met", "")
    with otherwise("receipt-proof-invalid", ""):
        climb(claim[0], index, int(said["claims"]), claim[1], said["claims_root"])
        climb(standing[0], index, int(said["statuses"]), standing[1], said["statuses_root"])
    with otherwise("receipt-malformed", ""):
        record, status = read_canonical(claim[0] + b"\n"), read_canonical(standing[0] + b"\n")
        check(schema.is_a("claim", record) and schema.is_a("status", status))
    demand(record["id"] == status["id"], "receipt-incomplete", "")
    return {}
