#!/usr/bin/env python3
"""A second verifier of releases, written from schemas/SPEC.md and the JSON Schemas alone: proof that they suffice.

It prints `verified`, `stale`, or `refused CODE FILE` for the first finding, and exits with 0, 1 (stale or refused), or
2 where it could not verify. Numbers in brackets are sections of SPEC.md. It remembers nothing.

*Checked*: folder, seals, manifests, release.json, JSON, canonical form, trees, schemas, unknown agents, statuses,
digests of texts and anchors, quotes, the log, its witnesses, what the reader saw before. *Not checked*: the rules of
2.3, the others of 2.4 and 2.5, fields under `ext`, contact data, which names of printable ASCII are not safe, limits,
the form of the trust file. *Left out*: receipts, archives, keyrings, `--only`, logs of more than 255 entries, warnings.
"""

import argparse
import json
import re
import sys
from base64 import b64decode, b64encode
from collections import Counter, defaultdict
from contextlib import contextmanager
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from functools import reduce
from hashlib import blake2b, sha256, sha512
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TAGS, INFO, ENVELOPE, PROOF = "tagmanifest-sha256.txt", "release.json", "release.intoto.json", "release.tlog-proof"
BAG_INFO, BAGIT, MANIFEST, DATASET = "bag-info.txt", "bagit.txt", "manifest-sha256.txt", "data/dataset.json"
SEALS = [f"{TAGS}.sig", f"{TAGS}.minisig", ENVELOPE, PROOF]
FURTHER = re.compile(r"(tagmanifest-sha256\.txt\.[0-9a-f]{16})\.(sig|minisig)")
RECORDS = {kind: f"data/{kind}s.jsonl" for kind in ["agent", "claim", "event", "source"]}
STATUSES, NEEDED = "data/statuses.jsonl", {*RECORDS.values(), "data/statuses.jsonl", DATASET}
PAYLOAD = re.compile("|".join([*map(re.escape, NEEDED), r"data/README\.md", "data/(schemas|texts)/[^/]+"]))
SCHEMAS = {f"{name}.schema.json": (Path(__file__).parents[1] / "schemas" / f"{name}.schema.json").read_bytes()
           for name in [*RECORDS, "dataset", "release", "status"]}
NAMESPACE, PAYLOAD_TYPE = "affiant-release", "application/vnd.in-toto+json"

class Refusal(Exception):
    """A finding: a code and a file."""

def demand(holds, code=None, file=None):
    if not holds:
        raise Refusal(code, file)

@contextmanager
def otherwise(code, file, invalid="signature-invalid"):
    """What has not the form expected in here is refused with this code, or else with the one it comes with."""
    try:
        yield
    except Exception as fault:
        raise Refusal(invalid if isinstance(fault, InvalidSignature) else code or fault.args[0], file) from fault

# Spellings, and the trees of section 4
def digest(content): return sha256(content).hexdigest()
def base64(content): return b64encode(content).decode()
def string(content): return len(content).to_bytes(4, "big") + content
def canonical(value): return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
def leaf(line): return sha256(b"\0" + line).digest()
def node(left, right): return sha256(b"\1" + left + right).digest()
def tree(lines): return {"count": len(lines), "root": root([*map(leaf, lines)]).hex()}

def root(hashes):
    """Two and two are joined, and a last one goes up alone, until one is left."""
    while len(hashes) > 1:
        hashes = [*map(node, hashes[::2], hashes[1::2]), *(hashes[-1:] if len(hashes) % 2 else [])]
    return hashes[0] if hashes else sha256().digest()

def climb(at, index, size, path):
    """The root to which an inclusion proof leads from a leaf."""
    demand(index < size and (size > 1) == bool(path))
    if size == 1:
        return at
    half = 1 << (size - 1).bit_length() - 1
    if index < half:
        return node(climb(at, index, half, path[:-1]), path[-1])
    return node(path[-1], climb(at, index - half, size - half, path[:-1]))

# JSON (2.2, 3) and JSON Schema
def members(pairs):
    demand(len(dict(pairs)) == len(pairs), "json-duplicate-key")
    return dict(sorted(pairs, key=lambda pair: pair[0].encode("utf-16-be", "surrogatepass")))

def read(text):
    """The value of a file that is one canonical form, and LF."""
    try:
        demand(not text.startswith(b"\xef\xbb\xbf"), "json-encoding")
        value = json.loads(text.decode(), object_pairs_hook=members)
        demand(canonical(value) + b"\n" == text, "record-not-canonical")
        return value
    except ValueError as fault:
        raise Refusal("json-encoding" if isinstance(fault, UnicodeError) else "json-syntax", None) from fault

TYPES = {"object": dict, "array": list, "string": str, "integer": int, "null": type(None), "boolean": bool}
SIZES = {"imum": (int, int), "Length": (str, len), "Items": (list, len), "Properties": (dict, len)}
KEYWORDS = {  # of which type of value each speaks, and what it asks
    **{f"min{of}": (kind, lambda it, least, *_, size=size: size(it) >= least) for of, (kind, size) in SIZES.items()},
    **{f"max{of}": (kind, lambda it, most, *_, size=size: size(it) <= most) for of, (kind, size) in SIZES.items()},
    "type": (object, lambda it, asked, *_: type(it) in map(TYPES.get, [asked] if type(asked) is str else asked)),
    "enum": (object, lambda it, allowed, *_: canonical(it) in map(canonical, allowed)),
    "const": (object, lambda it, only, *_: it == only and type(it) is type(only)),
    "$ref": (object, lambda it, ref, _, top: fits(it, top["$defs"][ref.removeprefix("#/$defs/")], top)),
    "if": (object, lambda it, asked, here, top: fits(it, here["then" if fits(it, asked, top) else "else"], top)),
    "pattern": (str, lambda it, pattern, *_: re.search(re.sub(r"\$$", r"\\Z", pattern), it)),
    "uniqueItems": (list, lambda it, asked, *_: not asked or len(set(map(canonical, it))) == len(it)),
    "items": (list, lambda it, asked, _, top: all(fits(item, asked, top) for item in it)),
    "required": (dict, lambda it, names, *_: it.keys() >= set(names)),
    "dependentRequired": (dict, lambda it, needs, *_: all(it.keys() >= set(needs[name]) for name in needs.keys() & it)),
    "propertyNames": (dict, lambda it, asked, _, top: all(fits(name, asked, top) for name in it)),
    "properties": (dict, lambda it, asked, _, top: all(fits(it[name], asked[name], top) for name in asked.keys() & it)),
    "additionalProperties": (dict, lambda it, asked, here, top: all(
        fits(it[name], asked, top) for name in it.keys() - here.get("properties", {}).keys())),
}
KEYWORDS["unevaluatedProperties"] = KEYWORDS["additionalProperties"]

def fits(value, schema, top):
    """Whether a value is what a schema asks for; `top` holds the definitions that it refers to."""
    if isinstance(schema, bool):
        return schema
    tests = [(*KEYWORDS[name], asked) for name, asked in schema.items() if name in KEYWORDS]
    return all(test(value, asked, schema, top) for kind, test, asked in tests if kind in (object, type(value)))

def is_a(kind, value):
    schema = json.loads(SCHEMAS[f"{kind}.schema.json"])
    return fits(value, schema, schema)

# Keys and seals (7): what may vary in a seal is taken out, and the seal has to be what is spelled from that again
class Key(bytes):
    """An Ed25519 key, and how seals name it."""
    def __init__(self, _):
        p, y = 2**255 - 19, int.from_bytes(self, "little") & (1 << 255) - 1
        d = -121665 * pow(121666, -1, p)
        # The eight points of small order have y = 0, y² = 1, or dy⁴ + 2y² = 1.
        demand(len(self) == 32 and y < p and y * (y**2 - 1) * (d * y**4 + 2 * y**2 - 1) % p)
        self.blob = string(b"ssh-ed25519") + string(self)
        self.fingerprint = "SHA256:" + base64(sha256(self.blob).digest()).rstrip("=")
        self.minisign_id = sha256(self).digest()[:8]

    def note_id(self, name, kind=1):
        return sha256(name.encode() + b"\n" + bytes([kind]) + self).digest()[:4]

    def hold(self, signature, message):
        """Raises unless the signature holds; the library sees to S and to the bytes of R."""
        Ed25519PublicKey.from_public_bytes(self).verify(signature, message)

def openssh(content, message):
    """The key of an OpenSSH signature, which has to hold."""
    inner = b64decode("".join(content.decode().split("\n")[1:-2]))
    key, namespace, signature = Key(inner[33:65]), inner[69:-101], inner[-64:]
    fields = [key.blob, namespace, b"", b"sha512", string(b"ssh-ed25519") + string(signature)]
    lines = re.findall(".{1,70}", base64(b"SSHSIG\0\0\0\1" + b"".join(map(string, fields))))
    armor = ["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""]
    demand(content == "\n".join(armor).encode())
    fields = [NAMESPACE.encode(), b"", b"sha512", sha512(message).digest()]
    key.hold(signature if namespace == fields[0] else b"", b"SSHSIG" + b"".join(map(string, fields)))
    return key

def minisign(key, content, message):
    """The trusted comment of a minisign signature, which has to hold."""
    _, inner, comment, whole, _ = content.decode().split("\n")
    inner, comment, whole = b64decode(inner), comment.removeprefix("trusted comment: "), b64decode(whole)
    again = f"untrusted comment: signature of an affiant release\n{base64(b'ED' + inner[2:])}\n"
    demand(f"{again}trusted comment: {comment}\n{base64(whole)}\n".encode() == content)
    key.hold(inner[10:] if inner[2:10] == key.minisign_id else b"", blake2b(message).digest())
    key.hold(whole, inner[10:] + comment.encode())
    return comment

def in_toto(keys, content):
    """The payload of a DSSE envelope, whose signatures have to hold."""
    envelope = read(content)
    payload, names = b64decode(envelope["payload"]), [each["keyid"] for each in envelope["signatures"]]
    signatures = [b64decode(each["sig"]) for each in envelope["signatures"]]
    again = [{"keyid": name, "sig": base64(signature)} for name, signature in sorted(zip(names, signatures))]
    demand(envelope == {"payload": base64(payload), "payloadType": PAYLOAD_TYPE, "signatures": again} and names)
    demand(all(re.fullmatch("SHA256:[A-Za-z0-9+/]{43}", name) for name in names))
    keys = sorted(keys, key=lambda key: key.fingerprint)
    signed = f"DSSEv1 28 {PAYLOAD_TYPE} {len(payload)} ".encode() + payload
    for key, signature in zip(keys, signatures):
        key.hold(signature if names == [key.fingerprint for key in keys] else b"", signed)
    return payload

def tlog_proof(key, content):
    """The index and path of a proof; text, origin, size, root and signatures of its checkpoint, which has to hold."""
    head, text, notes = content.decode().split("\n\n")
    (_, index, *path), (origin, size, top) = head.split("\n"), text.split("\n")
    index, size, path, top = int(index[6:]), int(size), [*map(b64decode, path)], b64decode(top)
    signatures = [(name, b64decode(signature)) for _, name, signature in map(str.split, notes.splitlines())]
    again = ["c2sp.org/tlog-proof@v1", f"index {index}", *map(base64, path), "", origin, str(size), base64(top), ""]
    again += [*(f"— {name} {base64(signature)}" for name, signature in signatures), ""]
    demand("\n".join(again).encode() == content and 1 <= len(signatures) <= 16)
    own = [signature[4:] for name, signature in signatures if (name, signature[:4]) == (origin, key.note_id(origin))]
    key.hold(b"".join(own), f"{text}\n".encode())
    return index, path, f"{text}\n", origin, size, top, signatures

# Whom a reader trusts (8)
def read_trust(file):
    """For each key of an allowed_signers file the options of its lines."""
    keys = defaultdict(list)
    line = re.compile(r"^[^#\s]\S*\s+(?:(\S+=\S+)\s+)?ssh-ed25519\s+(\S+)", re.MULTILINE)
    for options, key in line.findall(Path(file).read_text()):
        keys[Key(b64decode(key)[-32:])].append(dict(re.findall(r'([a-z-]+)="([^"]*)"', options.lower())))
    return keys

def is_good(options, date):
    """Whether a line allows its key to sign releases on a day; times of one form sort as they are."""
    first, last = options.get("valid-after", "0").rstrip("z"), options.get("valid-before", "9").rstrip("z")
    patterns = [name for name in options.get("namespaces", "*").split(",") if fnmatchcase(NAMESPACE, name.lstrip("!"))]
    in_time = first.ljust(14, "0") <= date.replace("-", "") + "000000" <= last.ljust(14, "0")
    return in_time and patterns and "!" not in "".join(patterns)

# Statuses (2.8, 2.9)
def agent(voice): return voice if isinstance(voice, str) else voice["agent"]

def lineage(ids, sources):
    """All that sources come from, and they themselves."""
    origins = {origin["what"] for id in ids for origin in sources.get(id, {}).get("from", [])}
    return ids if origins <= ids else lineage(ids | origins, sources)

def standings(claims, sources):
    """The lines of statuses.jsonl."""
    root_voice = {id: agent(claim["by"][-1]) for id, claim in claims.items()}
    anchored = {id: {anchor["capture"].split(".")[0] for anchor in claim["at"]} for id, claim in claims.items()}
    origins = {id: lineage(ids, sources) for id, ids in anchored.items()}
    dead = {id for id, claim in claims.items() if claim.get("log", [{}])[-1].get("is") in ("retracted", "withdrawn")}
    links = [(id, link["rel"], link["to"]) for id, claim in claims.items() for link in claim.get("links", [])]
    over = {to for id, rel, to in links if rel == "supersedes" and id not in dead}
    due = defaultdict(set)
    for id, rel, to in links:
        same, apart = root_voice[id] == root_voice[to], origins[id].isdisjoint(origins[to])
        against, along = "inconsistent" if same else "disputed", "corroborated" if apart and not same else None
        status = {"contradicts": against, "denies": against, "repeats": along, "supports": along,
                  "supersedes": "superseded"}.get(rel)
        due[to, status] |= {id} - dead - (over if rel != "supersedes" else set())
        due[id, status] |= {to} - dead - over if rel in ("contradicts", "repeats") else set()
    for id in sorted(claims):
        order = [status for status in ("superseded", "disputed", "inconsistent", "corroborated") if due[id, status]]
        status = "retracted" if id in dead else (order or ["asserted"])[0]
        yield {**({"by": sorted(due[id, status])} if due[id, status] else {}), "id": id, "status": status}

# The steps of section 9
def look(folder):
    """Step 1. What the files of a folder hold, by path."""
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    for name, path in paths.items():
        plain = not path.is_symlink() and (path.is_file() or path.is_dir())
        demand(plain and re.fullmatch(r"[ !#&-)+-9;=@-\[\]-{}~]+", name), "folder-unsafe", name)
    return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}

def seals(files):
    """Step 2. The comments by key, the statement, and what the proof holds."""
    demand(TAGS in files, "tag-file-missing", TAGS)
    further, comments = sorted({match[1] for match in map(FURTHER.fullmatch, files) if match}), {}
    for seal in [*SEALS, *(f"{name}.{form}" for name in further for form in ("sig", "minisig"))]:
        demand(seal in files, "signature-missing", seal)
    for name in [TAGS, *further]:
        with otherwise("signature-malformed", name):
            key = openssh(files[f"{name}.sig"], files[TAGS])
            demand(key not in comments and name in (TAGS, f"{TAGS}.{key.minisign_id.hex()}"))
            comments[key] = minisign(key, files[f"{name}.minisig"], files[TAGS])
    with otherwise("signature-malformed", ENVELOPE):
        statement = in_toto(comments, files[ENVELOPE])
    with otherwise("signature-malformed", PROOF):
        index, path, text, origin, size, top, signatures = proof = tlog_proof([*comments][0], files[PROOF])
    with otherwise("log-proof-invalid", PROOF):
        demand(climb(leaf(files[TAGS]), index, size, path) == top)
    return comments, statement, proof

def listed(files, manifest, here, form, file, may_be):
    """Steps 3 and 4. A manifest lists what may be and what is here, and nothing else."""
    with otherwise(f"{form}-malformed", manifest):
        digests = {line[66:]: line[:64] for line in files[manifest].decode().split("\n")[:-1]}
        again = "".join(f"{value}  {name}\n" for name, value in sorted(digests.items()))
        demand(again.encode() == files[manifest] and may_be(digests.keys()))
        demand(all(re.fullmatch("[0-9a-f]{64}", value) for value in digests.values()))
    for code, names in [("missing", digests.keys() - here), ("extra", here - digests.keys()),
                        ("changed", {name for name in here & digests.keys() if digest(files[name]) != digests[name]})]:
        demand(not names, f"{file}-{code}", min(names, default=None))

def release_info(folder, files, payload, comments, statement, proof):
    """Step 5. What release.json holds."""
    with otherwise("release-info-malformed", INFO):
        info, bag = read(files[INFO]), files[BAG_INFO].decode()
        demand(is_a("release", info) and re.fullmatch(r"([A-Za-z0-9-]+: \S(.*\S)?\n)*", bag))
        demand(files[BAGIT] == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    named, oxum = f"{info['dataset']}-{info['version']}", f"{sum(len(files[name]) for name in payload)}.{len(payload)}"
    schemas = {name[13:]: digest(files[name]) for name in payload if name.startswith("data/schemas/")}
    trees = [f"{tree['count']}:{tree['root']}" for tree in (info["records"]["claim"], info["status_tree"])]
    comment = "".join(f"{name}:{info[name]} " for name in ["dataset", "version", "seq", "date", "threshold"])
    subject = [{"digest": {"sha256": digest(files[TAGS])}, "name": TAGS}]
    for code, one, other in [
        ("release-info-disagrees", info["format"], "affiant-release-1"),
        ("release-info-disagrees", info["seq"] > 1, "previous" in info),
        ("release-info-disagrees", info.get("fresh_until", "9") < info["date"], False),
        ("release-info-disagrees", bag, f"Bag-Software-Agent: affiant\nBagging-Date: {info['date']}\n"
                                        f"External-Identifier: {named}\nPayload-Oxum: {oxum}\n"),
        ("release-info-disagrees", folder.resolve().name.removeprefix(f"{info['dataset']}-"), info["version"]),
        ("release-info-disagrees", schemas, info["schemas"]),
        ("seal-disagrees", {*comments.values()}, {f"{comment}claims:{trees[0]} statuses:{trees[1]}"}),
        ("seal-disagrees", statement, canonical({"_type": "https://in-toto.io/Statement/v1", "predicate": info,
                                                 "predicateType": "urn:affiant:release:1", "subject": subject})),
        ("seal-disagrees", (proof[0], proof[3]), (info["seq"] - 1, f"affiant/{info['dataset']}")),
        ("schema-unknown", schemas, {name: digest(schema) for name, schema in SCHEMAS.items()}),
    ]:
        demand(one == other, code, INFO)
    return info

def records(files, info, copies):
    """Steps 6 to 8."""
    found = {}
    for kind, file in [("dataset", DATASET), *RECORDS.items()]:
        with otherwise(None, file):
            *lines, rest = files[file].split(b"\n")
            demand(not rest, "record-not-canonical")
            values = [read(line + b"\n") for line in lines]
            demand(all(is_a(kind, value) for value in values), "schema-mismatch")
            found[kind] = {value["id"]: value for value in values}
            demand([*found[kind]] == sorted(value["id"] for value in values), "record-order")
    said = [(each["id"], each["law"], each["threshold"]) for each in found["dataset"].values()]
    demand(said == [(info["dataset"], info["law"], info["threshold"])], "release-info-disagrees", INFO)
    claims, sources, texts = found["claim"], found["source"], {}
    for source, capture in [(source, capture) for source in sources.values() for capture in source["captures"]]:
        name, included = f"{source['id']}.{capture['n']}", source["rights"]["text"] == "included"
        texts[name] = text = files[f"data/texts/{name}.txt"] if included else copies.get(capture["sha256"])
        same = text is None or (digest(text), len(text)) == (capture["sha256"], capture["bytes"])
        demand(same, "capture-digest-mismatch", f"data/texts/{name}.txt")
    named = {agent(voice) for claim in claims.values() for voice in claim["by"]}
    named |= {name for source in sources.values() for name in [source["publisher"], *source.get("authors", [])]}
    demand(named <= found["agent"].keys(), "unknown-agent", RECORDS["claim"])
    anchors = [anchor for claim in claims.values() for anchor in claim["at"]]
    for anchor in [anchor for anchor in anchors if texts[anchor["capture"]] is not None]:
        quoted = texts[anchor["capture"]][slice(*anchor["span"])]
        demand(digest(quoted) == anchor["sha256"], "quote-not-found", RECORDS["claim"])
        demand(anchor.get("quote", "").encode() in (b"", quoted), "quote-differs", RECORDS["claim"])
    lines = [*standings(claims, sources)]
    counts = Counter((claims[line["id"]]["event"], line["status"]) for line in lines)
    told = {(event, status): count for event, each in info["statuses"].items() for status, count in each.items()}
    lines = [*map(canonical, lines)]
    for code, file, one, other in [
        *(("root-mismatch", file, info["records"][kind], tree(files[file].split(b"\n")[:-1]))
          for kind, file in RECORDS.items()),
        ("status-mismatch", INFO, told, counts),
        ("status-mismatch", STATUSES, files[STATUSES], b"".join(line + b"\n" for line in lines)),
        ("root-mismatch", STATUSES, info["status_tree"], tree(lines)),
        ("anchor-tally-mismatch", INFO, sum(info["anchors"].values()), len(anchors)),
    ]:
        demand(one == other, code, file)

def had(log, size):
    """The root of a log, as its tile tells it, when it had a size (11)."""
    newest = (log / "checkpoint").read_text().split("\n")[1]
    hashes = (log / "tile" / "0" / "000.p" / newest).read_bytes()
    return root([hashes[at:at + 32] for at in range(0, 32 * size, 32)])

def history(info, tags, proof, asked):
    """Step 10."""
    index, path, text, _, size, top, signatures = proof
    demand(not asked.log or had(asked.log, size) == top, "fork", PROOF)
    if asked.state:
        seen = json.loads((asked.state / f"{info['dataset']}.json").read_bytes())
        old, log = seen["log"], asked.log or asked.release.absolute().parent / "log"
        demand(info["seq"] >= seen["seq"], "rollback", INFO)
        demand(info["seq"] > seen["seq"] or digest(tags) == seen["tagmanifest_sha256"], "fork", TAGS)
        before = top
        if size == old["size"] + 1 == index + 1:
            before = reduce(lambda right, left: node(left, right), path)
        elif size != old["size"]:
            demand(log.exists(), "log-needed", PROOF)
            before = had(log, old["size"]) if had(log, size) == top else b""
        demand(before.hex() == old["root"], "fork", PROOF)
    signed = [(key, rest) for name, key in asked.witness for other, rest in signatures
              if (other, rest[:4]) == (name, key.note_id(name, 4))]
    for key, rest in signed:
        with otherwise("log-proof-invalid", PROOF, "log-proof-invalid"):
            key.hold(rest[12:], f"cosignature/v1\ntime {int.from_bytes(rest[4:12], 'big')}\n{text}".encode())
    demand(len(signed) >= asked.witnesses, "witnesses-missing", PROOF)

def verify(asked):
    """All steps; what release.json holds."""
    files = look(asked.release)
    comments, statement, proof = seals(files)
    demand([*comments][0] in asked.trust, "key-not-trusted", SEALS[0])
    payload = {name for name in files if name.startswith("data/")}
    beside = {name for name in files.keys() - payload - {TAGS, *SEALS} if not FURTHER.fullmatch(name)}
    listed(files, TAGS, beside, "tag-manifest", "tag-file", lambda names: names == {BAG_INFO, BAGIT, MANIFEST, INFO})
    listed(files, MANIFEST, payload, "manifest", "payload",
           lambda names: names >= NEEDED and all(map(PAYLOAD.fullmatch, names)))
    info = release_info(asked.release, files, payload, comments, statement, proof)
    good = [any(is_good(line, info["date"]) for line in asked.trust.get(key, [])) for key in comments]
    demand(good[0], "key-not-valid", SEALS[0])
    demand(sum(good) >= max(asked.threshold, info["threshold"]), "threshold-not-met", SEALS[0])
    copies = [file.read_bytes() for file in asked.texts.iterdir()] if asked.texts else []
    records(files, info, {digest(copy): copy for copy in copies})
    history(info, files[TAGS], proof, asked)
    return info

def witness(vkey):
    name, _, key = vkey.split("+", 2)
    return name, Key(b64decode(key)[1:])

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, kind in {"release": Path, "--trust": read_trust, "--texts": Path, "--log": Path, "--state": Path}.items():
        parser.add_argument(name, type=kind)
    parser.add_argument("--threshold", type=int, default=1)
    parser.add_argument("--witnesses", type=int, default=0)
    parser.add_argument("--witness", type=witness, action="append", default=[])
    parser.add_argument("--at", default=datetime.now(timezone.utc).isoformat())
    parser.add_argument("--allow-stale", action="store_true")
    asked = parser.parse_args()
    try:
        stale = asked.at[:10] > verify(asked).get("fresh_until", "9999") and not asked.allow_stale
    except Refusal as finding:
        sys.exit(print("refused", *finding.args) or 1)
    except Exception as fault:
        sys.exit(print(f"could not verify: {fault}", file=sys.stderr) or 2)
    sys.exit(print("stale" if stale else "verified") or stale)

if __name__ == "__main__":
    main()
