#!/usr/bin/env python3
"""A second verifier of releases, written from schemas/SPEC.md alone (numbers in brackets and steps are its own).
It prints `verified` (exit 0), `stale` or `refused CODE FILE` (1), or why it could not verify (2). It does not check:
2.3 to 2.5 but a few rules, schemas but the members of release.json, quotes, contact data, limits, key options but days
and one namespace. It leaves out: what step 9 asks of the lines, receipts, archives, keyrings, `--only`, long logs.
"""
import argparse, json, re, sys, time
from base64 import b64decode, b64encode
from collections import Counter, defaultdict
from contextlib import contextmanager
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
TOLLS, CHUNKS, TOLD = "data/tolls.jsonl", "data/chunks.jsonl", {"data/changes.jsonl", "data/CHANGELOG.md"}
OPTIONAL = re.compile(r"data/(README\.md|(changes|tolls|chunks)\.jsonl|CHANGELOG\.md|approvals\.jsonl|(schemas|texts)/[^/]+)")
SCHEMAS = {f"{name}.schema.json": (Path(__file__).parents[1] / "schemas" / f"{name}.schema.json").read_bytes()
           for name in [*RECORDS, "changes", "chunk", "dataset", "release", "status", "toll"]}
UNKNOWN = {"affiant-release-1": {"changes", "chunk", "toll"}, "affiant-release-2": {"chunk", "toll"}, "affiant-release-3": set()}
EARLIER = {"d114839b22370a5f6de6481a9477f72cbc30cbaab75db477d52b7bb064221a6f",
           "bb1fcbfafc4a97f917f462df1c9b163f82dd100994b4c05ee73e4a98415e9a01",
           "7258a291e85fb0b673aafbd632bce6d895ed9741c54f5f11a959e8dfc2c98c5f"}
NAMESPACE, PAYLOAD_TYPE = "affiant-release", "application/vnd.in-toto+json"

class Refusal(Exception): pass  # a finding: its code and its file
def demand(holds, code=None, file=None):
    if not holds:
        raise Refusal(code, file)

@contextmanager
def otherwise(code, file, invalid="signature-invalid"):  # what is not as expected in here is refused with this code
    try:
        yield
    except Exception as fault:
        code = code or (fault.args[0] if isinstance(fault, Refusal) else "json-syntax")
        raise Refusal(invalid if isinstance(fault, InvalidSignature) else code, file) from fault

def digest(content): return sha256(content).hexdigest()
def base64(content): return b64encode(content).decode()
def fingerprint(content): return "SHA256:" + base64(content).rstrip("=")
def string(content): return len(content).to_bytes(4, "big") + content
def canonical(value): return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
def leaf(line): return sha256(b"\0" + line).digest()
def node(left, right): return sha256(b"\1" + left + right).digest()
def tree(lines): return {"count": len(lines), "root": root([*map(leaf, lines)]).hex()}
def root(hashes):  # Two and two are joined, and a last one goes up alone, until one is left
    while len(hashes) > 1:
        hashes = [*map(node, hashes[::2], hashes[1::2]), *(hashes[-1:] if len(hashes) % 2 else [])]
    return hashes[0] if hashes else sha256().digest()

def climb(at, index, size, path):  # The root to which an inclusion proof leads from a leaf
    demand(index < size and (size > 1) == bool(path), "log-proof-invalid", PROOF)
    if size == 1:
        return at
    half = 1 << (size - 1).bit_length() - 1
    below = climb(at, index % half, half if index < half else size - half, path[:-1])
    return node(below, path[-1]) if index < half else node(path[-1], below)

def members(pairs):
    demand(len(dict(pairs)) == len(pairs), "json-duplicate-key")
    return dict(sorted(pairs, key=lambda pair: pair[0].encode("utf-16-be", "surrogatepass")))

def read(text):  # The value of a file that is one canonical form, and LF
    demand(not text.startswith(b"\xef\xbb\xbf"), "json-encoding")
    value = json.loads(text.decode(), object_pairs_hook=members)
    demand(canonical(value) + b"\n" == text, "record-not-canonical")
    return value

class Key(bytes):  # An Ed25519 key, and how seals name it
    def __init__(self, _):  # refuses what is no point of the curve, and the points of small order
        p, y = 2**255 - 19, int.from_bytes(self, "little") & (1 << 255) - 1
        demand(len(self) == 32 and y < p and y * (121666 * (2 * y**2 - 1) - 121665 * y**4) % p)
        demand(pow(121666 * (y**2 - 1) * (121666 - 121665 * y**2), p // 2, p) == 1)
        self.blob = string(b"ssh-ed25519") + string(self)
        self.fingerprint = fingerprint(sha256(self.blob).digest())
        self.minisign_id = sha256(self).digest()[:8]
    def note_id(self, name, kind=1): return sha256(name.encode() + b"\n" + bytes([kind]) + self).digest()[:4]
    def hold(self, signature, message): Ed25519PublicKey.from_public_bytes(self).verify(signature, message)

def openssh(content, message):  # The key of an OpenSSH signature, which has to hold
    inner = b64decode("".join(content.decode().split("\n")[1:-2]))
    key, namespace, signature = Key(inner[33:65]), inner[69:-101], inner[-64:]
    fields = [key.blob, namespace.decode().encode(), b"", b"sha512", string(b"ssh-ed25519") + string(signature)]
    lines = "\n".join(re.findall(".{1,70}", base64(b"SSHSIG\0\0\0\1" + b"".join(map(string, fields)))))
    demand(content == f"-----BEGIN SSH SIGNATURE-----\n{lines}\n-----END SSH SIGNATURE-----\n".encode())
    fields = [NAMESPACE.encode(), b"", b"sha512", sha512(message).digest()]
    key.hold(signature if namespace == fields[0] else b"", b"SSHSIG" + b"".join(map(string, fields)))
    return key

def minisign(key, content, message):  # The trusted comment of a minisign signature, which has to hold
    _, inner, comment, whole, _ = content.decode().split("\n")
    inner, comment, whole = b64decode(inner), comment.removeprefix("trusted comment: "), b64decode(whole)
    demand(len(inner) == 74 and len(whole) == 64 and re.fullmatch("[ -~]{1,1024}", comment))
    again = f"untrusted comment: signature of an affiant release\n{base64(b'ED' + inner[2:])}\n"
    demand(f"{again}trusted comment: {comment}\n{base64(whole)}\n".encode() == content)
    key.hold(inner[10:] if inner[2:10] == key.minisign_id else b"", blake2b(message).digest())
    key.hold(whole, inner[10:] + comment.encode())
    return comment

def in_toto(keys, content):  # The payload of a DSSE envelope, whose signatures have to hold
    envelope = read(content)
    payload = b64decode(envelope["payload"])
    signatures = {each["keyid"]: b64decode(each["sig"]) for each in envelope["signatures"]}
    again = [{"keyid": fingerprint(b64decode(name[7:] + "=")), "sig": base64(signatures[name])} for name in sorted(signatures)]
    demand(envelope == {"payload": base64(payload), "payloadType": PAYLOAD_TYPE, "signatures": again} and 1 <= len(again) <= 16)
    demand(all(len(name) == 50 and len(signature) == 64 for name, signature in signatures.items()))
    for key in keys:
        signature = signatures.get(key.fingerprint, b"") if len(signatures) == len(keys) else b""
        key.hold(signature, f"DSSEv1 28 {PAYLOAD_TYPE} {len(payload)} ".encode() + payload)
    return payload

def tlog_proof(key, content):  # what a proof and its checkpoint tell; the checkpoint has to hold
    head, text, notes = content.decode().split("\n\n")
    (_, index, *path), (origin, size, top) = head.split("\n"), text.split("\n")
    index, size, path, top = int(index[6:]), int(size), [*map(b64decode, path)], b64decode(top)
    signatures = [(name, b64decode(signature)) for _, name, signature in map(str.split, notes.splitlines())]
    again = ["c2sp.org/tlog-proof@v1", f"index {index}", *map(base64, path), "", origin, str(size), base64(top), ""]
    again += [*(f"— {name} {base64(signature)}" for name, signature in signatures), ""]
    demand("\n".join(again).encode() == content and 1 <= len(signatures) <= 16)
    demand(all(re.fullmatch(r"[^\s+\0-\x1f\x7f]+", name) for name in [origin, *dict(signatures)]))
    demand(all(len(part) == 32 for part in [*path, top]))
    own = [signature[4:] for name, signature in signatures if (name, signature[:4]) == (origin, key.note_id(origin))]
    key.hold(b"".join(own), f"{text}\n".encode())
    return index, path, f"{text}\n", origin, size, top, signatures

def read_trust(file):  # For each key of an allowed_signers file the options of its lines
    keys = defaultdict(list)
    for options, key in re.findall(r"^[^#\s]\S*\s+(?:(\S+=\S+)\s+)?ssh-ed25519\s+(\S+)", Path(file).read_text(), re.M):
        keys[Key(b64decode(key)[-32:])].append(dict(re.findall(r'([a-z-]+)="([^"]*)"', options.lower())))
    return keys

def is_good(options, date):  # whether a line allows its key to sign releases on a day
    first, last = options.get("valid-after", "0").rstrip("z"), options.get("valid-before", "9").rstrip("z")
    in_time = first.ljust(14, "0") <= date.replace("-", "") + "000000" <= last.ljust(14, "0")
    return in_time and options.get("namespaces", NAMESPACE) == NAMESPACE
def agent(voice): return voice if isinstance(voice, str) else voice["agent"]
def lineage(ids, sources):  # All that sources come from, and they themselves
    origins = {origin["what"] for id in ids for origin in sources.get(id, {}).get("from", [])}
    return ids if origins <= ids else lineage(ids | origins, sources)

def standings(claims, sources):  # The lines of statuses.jsonl
    root_voice = {id: agent(claim["by"][-1]) for id, claim in claims.items()}
    origins = {id: lineage({anchor["capture"].split(".")[0] for anchor in claim["at"]}, sources)
               for id, claim in claims.items()}
    dead = {id for id, claim in claims.items() if claim.get("log", [{}])[-1].get("is") in ("retracted", "withdrawn")}
    links = [(id, link["rel"], link["to"]) for id, claim in claims.items() for link in claim.get("links", [])]
    over = {to for id, rel, to in links if rel == "supersedes" and id not in dead}
    due = defaultdict(set)
    for id, rel, to in links:
        same, apart = root_voice[id] == root_voice[to], origins[id].isdisjoint(origins[to])
        against, along = "inconsistent" if same else "disputed", "corroborated" if apart and not same else None
        status = {"supersedes": "superseded", "tension": None, "contradicts": against, "denies": against,
                  "repeats": along, "supports": along}[rel]
        due[to, status] |= {id} - dead - (over if rel != "supersedes" else set())
        due[id, status] |= {to} - dead - over if rel in ("contradicts", "repeats") else set()
    for id in sorted(claims):
        order = [status for status in ("superseded", "disputed", "inconsistent", "corroborated") if due[id, status]]
        status = "retracted" if id in dead else [*order, "asserted"][0]
        yield {**({"by": sorted(due[id, status])} if due[id, status] else {}), "id": id, "status": status}

def tolls(claims, agents, statuses):  # The lines of tolls.jsonl (2.11)
    said = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for id, claim in claims.items():
        value = claim.get("value", {})
        if "unit" in value and claim["stance"] == "asserts" and statuses[id] not in ("retracted", "superseded"):
            voices = "official" if agents[agent(claim["by"][-1])]["kind"] == "office" else "others"
            said[claim["event"]][claim["kind"], value["unit"]][voices].append(value)
    for event, counts in sorted(said.items()):
        yield {"event": event, "tolls": [{"kind": kind, **{voices: spanned(each) for voices, each in sorted(sums.items())},
                                          "unit": unit} for (kind, unit), sums in sorted(counts.items())]}
def spanned(values):
    hi, lo = [[value[name] for value in values] for name in ("hi", "lo")]
    return {"claims": len(values), "hi": None if None in hi else max(hi), "lo": None if None in lo else min(lo)}

def runs(content, name="id"):  # The runs of lines that a file is cut into (5, Chunks), each with its first id
    run = []
    for line in content.splitlines():
        run.append(line)
        if sha256(json.loads(line)[name].encode()).digest()[0] < 2 or len(run) == 2048:
            yield json.loads(run[0])[name], run
            run = []
    yield from [(json.loads(run[0])[name], run)] if run else []
def measured(run): return {"bytes": sum(map(len, run)) + len(run), "root": tree(run)["root"]}
def chunks(files):  # The lines of chunks.jsonl
    beside = runs(files[STATUSES])
    for file in ["agents", "claims", "events", "sources", "tolls"]:
        for first, run in runs(files[f"data/{file}.jsonl"], "event" if file == "tolls" else "id"):
            statuses = {"statuses": measured(next(beside)[1])} if file == "claims" else {}
            yield members([*{**measured(run), "count": len(run), "file": file, "first": first, **statuses}.items()])

def look(folder):  # Step 1. What the files of a folder hold, by path
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    for name, path in paths.items():
        plain = not path.is_symlink() and (path.is_file() or path.is_dir())
        demand(plain and re.fullmatch(r"[ !#&-)+-9;=@-\[\]-{}~]+", name), "folder-unsafe", name)
    return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}

def seals(files):  # Step 2. The comments by key, the statement, and what the proof holds
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
    demand(climb(leaf(files[TAGS]), index, size, path) == top, "log-proof-invalid", PROOF)
    return comments, statement, proof

def listed(files, manifest, here, form, file, needed):  # Steps 3 and 4. A manifest lists what is here
    with otherwise(f"{form}-malformed", manifest):
        digests = {name: value for value, name in re.findall("([0-9a-f]{64})  (.+)\n", files[manifest].decode())}
        again = "".join(f"{value}  {name}\n" for name, value in sorted(digests.items()))
        demand(again.encode() == files[manifest])
        demand({name for name in digests if not OPTIONAL.fullmatch(name)} == needed)
    for code, names in [("missing", digests.keys() - here), ("extra", here - digests.keys()),
                        ("changed", {name for name in here & digests.keys() if digest(files[name]) != digests[name]})]:
        demand(not names, f"{file}-{code}", min(names, default=None))

def release_info(folder, files, payload, comments, statement, proof):  # Step 5. What release.json holds
    with otherwise("release-info-malformed", INFO):
        info, bag = read(files[INFO]), files[BAG_INFO].decode()
        asked = json.loads(SCHEMAS["release.schema.json"])["properties"]
        limits = [(each["minimum"], info[name], each["maximum"]) for name, each in asked.items() if "minimum" in each]
        demand(info.keys() <= asked.keys() and all(least <= number <= most for least, number, most in limits))
        demand(re.fullmatch(r"([A-Za-z0-9-]+: \S(.*\S)?\n)*", bag))
        demand(files[BAGIT] == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    oxum = f"{sum(len(files[name]) for name in payload)}.{len(payload)}"
    label = (f"Bag-Software-Agent: affiant\nBagging-Date: {info['date']}\n"
             f"External-Identifier: {info['dataset']}-{info['version']}\nPayload-Oxum: {oxum}\n")
    schemas = {name[13:]: digest(files[name]) for name in payload if name.startswith("data/schemas/")}
    comment = ("dataset:{dataset} version:{version} seq:{seq} date:{date} threshold:{threshold} claims:"
               "{records[claim][count]}:{records[claim][root]} statuses:{status_tree[count]}:{status_tree[root]}")
    expected = {"_type": "https://in-toto.io/Statement/v1", "predicate": info, "predicateType": "urn:affiant:release:1",
                "subject": [{"digest": {"sha256": digest(files[TAGS])}, "name": TAGS}]}
    version, late = folder.resolve().name, info.get("fresh_until", "9") < info["date"]
    demand(version in (info["version"], f"{info['dataset']}-{info['version']}"), "release-info-disagrees", INFO)
    demand((bag, info["format"] in UNKNOWN, late) == (label, True, False), "release-info-disagrees", INFO)
    demand((info["seq"] > 1, schemas) == ("previous" in info, info["schemas"]), "release-info-disagrees", INFO)
    demand(({*comments.values()}, statement) == ({comment.format(**info)}, canonical(expected)), "seal-disagrees", INFO)
    demand((proof[0], proof[3]) == (info["seq"] - 1, f"affiant/{info['dataset']}"), "seal-disagrees", INFO)
    kept = SCHEMAS.keys() - {f"{name}.schema.json" for name in UNKNOWN[info["format"]]}
    same = all(each in EARLIER | {digest(SCHEMAS[name])} for name, each in schemas.items() if name in kept)
    demand(schemas.keys() == kept and same, "schema-unknown", INFO)
    return info

def changes(files, info):  # Step 9, as far as files and release.json go
    told = info["format"] != "affiant-release-1" and "previous" in info
    demand((TOLD & files.keys(), "changes" in info) == (TOLD if told else set(), told), "changes-disagree", INFO)
    demand(not told or info["changes"]["tree"] == tree(files["data/changes.jsonl"].splitlines()), "changes-disagree", INFO)

def records(files, info, copies):  # Steps 6 to 8
    found, third = {}, info["format"] == "affiant-release-3"
    for name, file in [("toll", TOLLS), ("chunk", CHUNKS)]:
        demand((file in files) == third, f"{name}-mismatch", file)
        demand((f"{name}_tree" in info) == third, f"{name}-mismatch", INFO)
    for kind, file in [("dataset", DATASET), *RECORDS.items()]:
        with otherwise(None, file):
            found[kind] = ids = {value["id"]: value for value in map(read, files[file].splitlines(keepends=True))}
            demand([*ids] == sorted(ids) and len(ids) == files[file].count(b"\n"), "record-order")
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
    anchors = [(anchor, texts[anchor["capture"]]) for claim in claims.values() for anchor in claim["at"]]
    quoted = [text is None or digest(text[slice(*anchor["span"])]) == anchor["sha256"] for anchor, text in anchors]
    demand(all(quoted), "quote-not-found", RECORDS["claim"])
    lines = [*standings(claims, sources)]
    counts = Counter((claims[line["id"]]["event"], line["status"]) for line in lines)
    told = {(event, status): count for event, each in info["statuses"].items() for status, count in each.items()}
    for kind, file in RECORDS.items():
        demand(info["records"][kind] == tree(files[file].splitlines()), "root-mismatch", file)
    demand(told == counts, "status-mismatch", INFO)
    demand(files[STATUSES] == b"".join(canonical(line) + b"\n" for line in lines), "status-mismatch", STATUSES)
    demand(info["status_tree"] == tree(files[STATUSES].splitlines()), "root-mismatch", STATUSES)
    statuses = {line["id"]: line["status"] for line in lines}
    derived = [("toll", TOLLS, lambda: tolls(claims, found["agent"], statuses)), ("chunk", CHUNKS, lambda: chunks(files))]
    for name, file, wanted in derived if third else []:
        demand(files[file] == b"".join(canonical(line) + b"\n" for line in wanted()), f"{name}-mismatch", file)
        demand(info[f"{name}_tree"] == tree(files[file].splitlines()), "root-mismatch", file)
    demand(sum(info["anchors"].values()) == len(anchors), "anchor-tally-mismatch", INFO)

def had(log, size):  # The root of a log, as its tile tells it, when it had a size (11)
    tile = log / "tile" / "0" / "000.p" / (log / "checkpoint").read_text().split("\n")[1]
    return root([tile.read_bytes()[at:at + 32] for at in range(0, 32 * size, 32)])
def history(info, tags, proof, asked):  # Step 10
    index, path, text, _, size, top, signatures = proof
    log = asked.log or asked.release.absolute().parent / "log"
    demand(not asked.log or had(log, size) == top, "fork", PROOF)
    if asked.state:
        seen = json.loads((asked.state / f"{info['dataset']}.json").read_bytes())
        demand(info["seq"] >= seen["seq"], "rollback", INFO)
        demand(info["seq"] > seen["seq"] or digest(tags) == seen["tagmanifest_sha256"], "fork", TAGS)
        old, is_next = seen["log"]["size"], size == seen["log"]["size"] + 1 == index + 1
        demand(is_next or size == old or log.exists(), "log-needed", PROOF)
        before = top if size == old else reduce(lambda *two: node(*two[::-1]), path) if is_next else had(log, old)
        demand(before.hex() == seen["log"]["root"] and (is_next or size == old or had(log, size) == top), "fork", PROOF)
    signed = [(key, rest) for vkey in asked.witness for key in [Key(b64decode(vkey.split("+", 2)[2])[1:])]
              for name, rest in signatures if name == vkey.split("+")[0] and rest[:4] == key.note_id(name, 4)]
    for key, rest in signed:
        with otherwise("log-proof-invalid", PROOF, "log-proof-invalid"):
            key.hold(rest[12:], f"cosignature/v1\ntime {int.from_bytes(rest[4:12], 'big')}\n{text}".encode())
    demand(len(signed) >= asked.witnesses, "witnesses-missing", PROOF)

def verify(asked):  # All steps; whether the release is stale
    files = look(asked.release)
    comments, statement, proof = seals(files)
    demand([*comments][0] in asked.trust, "key-not-trusted", SEALS[0])
    payload = {name for name in files if name.startswith("data/")}
    beside = {name for name in files.keys() - payload - {TAGS, *SEALS} if not FURTHER.fullmatch(name)}
    listed(files, TAGS, beside, "tag-manifest", "tag-file", {BAG_INFO, BAGIT, MANIFEST, INFO})
    listed(files, MANIFEST, payload, "manifest", "payload", NEEDED)
    info = release_info(asked.release, files, payload, comments, statement, proof)
    good = [any(is_good(line, info["date"]) for line in asked.trust.get(key, [])) for key in comments]
    demand(good[0], "key-not-valid", SEALS[0])
    demand(sum(good) >= max(asked.threshold, info["threshold"]), "threshold-not-met", SEALS[0])
    copies = map(Path.read_bytes, asked.texts.iterdir() if asked.texts else [])
    records(files, info, {digest(copy): copy for copy in copies})
    changes(files, info)
    history(info, files[TAGS], proof, asked)
    return asked.at[:10] > info.get("fresh_until", "9999") and not asked.allow_stale

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name, kind in {"release": Path, "--trust": read_trust, "--texts": Path, "--log": Path, "--state": Path}.items():
        parser.add_argument(name, type=kind)
    parser.add_argument("--threshold", type=int, default=1)
    parser.add_argument("--witnesses", type=int, default=0)
    parser.add_argument("--witness", action="append", default=[])
    parser.add_argument("--at", default=time.strftime("%Y-%m-%d", time.gmtime()))
    parser.add_argument("--allow-stale", action="store_true")
    try:
        stale = verify(parser.parse_args())
    except Refusal as finding:
        sys.exit(print("refused", *finding.args) or 1)
    except Exception as fault:
        sys.exit(print(f"could not verify: {fault}", file=sys.stderr) or 2)
    sys.exit(print("stale" if stale else "verified") or stale)
