"""Verifying a release by section 9, step by step."""

import os
import re
import stat
from collections import defaultdict
from dataclasses import dataclass
from hashlib import sha256

import history
import merkle
import paths
import records
import schema
import seals
import trust
from dates import is_day
from faults import Refused, Unusable, check, demand, otherwise
from seals import FIRST, FURTHER, INFO, TAGS
from standings import standings
from strict_json import canonical, names, read, read_canonical

MANIFEST, BAGIT, BAG_INFO = "manifest-sha256.txt", "bagit.txt", "bag-info.txt"
KINDS = {"agent": "data/agents.jsonl", "claim": "data/claims.jsonl", "event": "data/events.jsonl", "source": "data/sources.jsonl"}
STATUSES, DATASET = "data/statuses.jsonl", "data/dataset.json"
SCHEMAS = [f"{name}.schema.json" for name in ["agent", "claim", "dataset", "event", "release", "source", "status"]]
PAYLOAD = re.compile(r"data/((agents|claims|events|sources|statuses)\.jsonl|dataset\.json|README\.md|(schemas|texts)/[^/]+)")
PRERELEASE = r"(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
VERSION = re.compile(rf"[0-9]+\.[0-9]+\.[0-9]+(-{PRERELEASE}(\.{PRERELEASE})*)?")
MIB = 2**20


@dataclass
class Reader:
    """What a reader brings: trusted keys, numbers, and what he saw before."""
    keys: dict
    threshold: int = 1
    texts: dict = None  # by digest
    seen: "callable" = lambda dataset: None
    own_log: object = None
    log_beside: object = None
    witnesses: list = ()
    witnesses_wanted: int = 0


def verify(folder, reader):
    """Steps 1 to 10; what release.json says."""
    files = look(folder)
    beside = {name: content(path) for name, path in files.items() if not name.startswith("data/")}
    sealed = seals.verify(beside)
    first = next(iter(sealed.comments))
    demand(first in reader.keys, "key-not-trusted", FIRST[0])
    read_tags(beside)
    payload = read_payload(files, beside[MANIFEST])
    info = read_info(beside[INFO])
    bag(folder, beside, files, info)
    demand(schemas(payload) == info["schemas"], "release-info-disagrees", INFO)
    agree(info, sealed, sha256(beside[TAGS]).hexdigest())
    for name in SCHEMAS:
        demand(known(name) == info["schemas"].get(name), "schema-unknown", f"data/schemas/{name}")
    demand(len(info["schemas"]) == len(SCHEMAS), "schema-unknown", "data/schemas")
    trusted(sealed, info, reader)
    verify_records(info, payload, reader.texts or {})
    history.verify(info, sha256(beside[TAGS]).hexdigest(), sealed, reader)
    return info


def look(folder):
    """Step 1. The files of a folder, by path."""
    files, twins = {}, set()
    for parent, folders, names in os.walk(folder, onerror=fail):
        for name in sorted([*folders, *names]):
            path = os.path.join(parent, name)
            inner = os.path.relpath(path, folder)
            mode = os.lstat(path)
            plain = stat.S_ISREG(mode.st_mode)
            demand(plain or stat.S_ISDIR(mode.st_mode), "folder-unsafe", inner)
            demand(paths.is_safe(inner) and paths.folded(inner) not in twins, "folder-unsafe", inner)
            twins.add(paths.folded(inner))
            if plain:
                demand(inner.startswith("data/") or mode.st_size <= 256 * MIB, "folder-limit", inner)
                files[inner] = path
    return files


def fail(error):
    raise Unusable(error)


def content(path):
    with open(path, "rb") as file:
        return file.read()


def read_tags(beside):
    """Step 3."""
    with otherwise("tag-manifest-malformed", TAGS):
        listed = paths.read_manifest(beside[TAGS])
        check(list(listed) == [BAG_INFO, BAGIT, MANIFEST, INFO])
    for name, digest in listed.items():
        demand(name in beside, "tag-file-missing", name)
        demand(sha256(beside[name]).hexdigest() == digest, "tag-file-changed", name)
    for name in sorted(beside):
        demand(name in [*listed, TAGS, *FIRST] or FURTHER.fullmatch(name), "tag-file-extra", name)


def read_payload(files, manifest):
    """Step 4. The payload's files by path."""
    payload = {name: path for name, path in files.items() if name.startswith("data/")}
    with otherwise("manifest-malformed", MANIFEST):
        listed = paths.read_manifest(manifest)
        check(all(map(PAYLOAD.fullmatch, listed)) and listed.keys() >= {*KINDS.values(), STATUSES, DATASET})
    for name in listed:
        demand(name in payload, "payload-missing", name)
    for name in sorted(payload):
        demand(name in listed, "payload-extra", name)
    for name, path in sorted(payload.items()):
        demand(sha256(content(path)).hexdigest() == listed[name], "payload-changed", name)
    return payload


def read_info(text):
    """Step 5, of release.json by itself."""
    with otherwise("release-info-malformed", INFO):
        info = read_canonical(text)
        check(schema.is_a("release", info) and VERSION.fullmatch(info["version"]) and not records.has_contact_data(info))
        check(all(is_day(info.get(name, info["date"])) for name in ["date", "fresh_until"]))
    demand(info["format"] == "affiant-release-1", "release-info-disagrees", INFO)
    demand((info["seq"] == 1) == ("previous" not in info), "release-info-disagrees", INFO)
    return info


def bag(folder, beside, files, info):
    """Step 5, of what makes the folder a bag."""
    demand(beside[BAGIT] == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", "release-info-malformed", BAGIT)
    with otherwise("release-info-malformed", BAG_INFO):
        text = beside[BAG_INFO].decode()
        check(len(beside[BAG_INFO]) <= 65536 and not paths.UNSEEN.search(text.replace("\n", "")))
        check(all(re.fullmatch(r"[A-Za-z0-9-]+: \S(.*\S)?", line) for line in text.split("\n")[:-1]) and text[-1:] in "\n")
    sizes = [os.path.getsize(path) for name, path in files.items() if name.startswith("data/")]
    named = f"{info['dataset']}-{info['version']}"
    demand(text == f"Bag-Software-Agent: affiant\nBagging-Date: {info['date']}\nExternal-Identifier: {named}\n"
                   f"Payload-Oxum: {sum(sizes)}.{len(sizes)}\n", "release-info-disagrees", BAG_INFO)
    demand(os.path.basename(os.path.realpath(folder)) in [info["version"], named], "release-info-disagrees", INFO)


def agree(info, sealed, digest):
    """Step 5, of what the seals repeat."""
    trees = [f"{tree['count']}:{tree['root']}" for tree in [info["records"]["claim"], info["status_tree"]]]
    comment = " ".join([*(f"{name}:{info[name]}" for name in ["dataset", "version", "seq", "date", "threshold"]),
                        f"claims:{trees[0]} statuses:{trees[1]}"])
    statement = {"_type": "https://in-toto.io/Statement/v1", "predicate": info, "predicateType": "urn:affiant:release:1",
                 "subject": [{"digest": {"sha256": digest}, "name": TAGS}]}
    demand(all(comment == theirs for theirs in sealed.comments.values()), "seal-disagrees", FIRST[1])
    demand(canonical(statement) == sealed.payload, "seal-disagrees", seals.ENVELOPE)
    demand(sealed.checkpoint.origin == f"affiant/{info['dataset']}" and sealed.index == info["seq"] - 1, "seal-disagrees", seals.PROOF)


def known(name):
    return sha256(schema.FILES[name]).hexdigest()


def schemas(payload):
    folder = "data/schemas/"
    return {name.removeprefix(folder): sha256(content(path)).hexdigest() for name, path in payload.items() if name.startswith(folder)}


def trusted(sealed, info, reader):
    """What of step 2 waits for the release's date."""
    good = [trust.is_good(reader.keys.get(key, []), info["date"]) for key in sealed.comments]
    demand(good[0], "key-not-valid", FIRST[0])
    demand(sum(good) >= max(reader.threshold, info["threshold"]), "threshold-not-met", FIRST[0])


def verify_records(info, payload, texts):
    """Steps 6 to 8."""
    declaration = read_declaration(content(payload[DATASET]))
    for name in ["dataset", "law", "threshold"]:
        demand(info[name] == declaration["id" if name == "dataset" else name], "release-info-disagrees", INFO)
    read_kind = {kind: read_records(kind, content(payload[file]), declaration) for kind, file in KINDS.items()}
    agents, claims, events, sources = (read_kind[kind][0] for kind in KINDS)
    named = records.captures(sources)
    at_hand = texts_at_hand(named, payload, texts)
    for code, kind, kept in records.broken_between(agents, claims, events, sources):
        demand(kept, code, KINDS[kind])
    anchors = verify_anchors(claims, named, at_hand)
    for kind, file in KINDS.items():
        demand(info["records"][kind] == read_kind[kind][1], "root-mismatch", file)
    statuses = standings(claims, sources)
    demand(info["statuses"] == records.counted(claims, statuses), "status-mismatch", INFO)
    lines = [canonical(standing) for standing in statuses.values()]
    demand(content(payload[STATUSES]) == b"".join(line + b"\n" for line in lines), "status-mismatch", STATUSES)
    demand(info["status_tree"] == tree(lines), "root-mismatch", STATUSES)
    demand(sum(info["anchors"].values()) == anchors, "anchor-tally-mismatch", INFO)


def tree(lines):
    return {"count": len(lines), "root": merkle.root(list(map(merkle.leaf, lines))).hex()}


def read_declaration(text):
    if len(text) > MIB:
        raise Unusable(f"{DATASET} is too large")
    try:
        declaration = read(text)
    except ValueError as fault:
        raise Refused(str(fault), DATASET) from fault
    demand(canonical(declaration) + b"\n" == text, "record-not-canonical", DATASET)
    demand(schema.is_a("dataset", declaration), "schema-mismatch", DATASET)
    demand(schema.FORBIDDEN.isdisjoint(names(declaration.get("ext", {}))), "schema-mismatch", DATASET)
    demand(not records.has_contact_data(declaration), "contact-data", DATASET)
    for kind in declaration["kinds"].values():
        demand({*kind.get("units", [])} <= declaration["units"].keys(), "unknown-unit", DATASET)
    return declaration


def read_records(kind, text, declaration):
    """The records of a file, by id, and what their tree has to be in release.json."""
    file, found, before, lines = KINDS[kind], {}, "", text.split(b"\n")
    demand(lines.pop() == b"", "record-not-canonical", file)
    for line in lines:
        demand(len(line) <= MIB, "json-limit", file)
        try:
            record = read(line)
        except ValueError as fault:
            raise Refused(str(fault), file) from fault
        demand(canonical(record) == line, "record-not-canonical", file)
        id = record.get("id") if isinstance(record, dict) else None
        demand(not isinstance(id, str) or before < id, "record-order", file)
        for code in records.broken_alone(kind, record, declaration):
            raise Refused(code, file)
        found[id], before = record, id
    return found, tree(lines)


def texts_at_hand(named, payload, copies):
    """The bytes of captures, by name, as far as they are included or the reader has a copy."""
    texts = {}
    for name, (capture, source) in named.items():
        file = f"data/texts/{name}.txt"
        if source["rights"]["text"] == "included":
            demand(file in payload, "text-missing", file)
            text = content(payload[file])
            if len(text) > 64 * MIB:
                raise Unusable(f"{file} is too large")
            demand((sha256(text).hexdigest(), len(text)) == (capture["sha256"], capture["bytes"]), "capture-digest-mismatch", file)
            demand(not records.CONTACT.search(text.decode(errors="replace")), "contact-data", file)
            texts[file] = text
        elif capture["sha256"] in copies:
            texts[file] = copies[capture["sha256"]]
            demand(len(texts[file]) == capture["bytes"], "capture-digest-mismatch", KINDS["source"])
    for file in payload:
        included = file in texts and named[file[len("data/texts/"):-len(".txt")]][1]["rights"]["text"] == "included"
        demand(included or not file.startswith("data/texts/"), "text-unexpected", file)
    return texts


def verify_anchors(claims, named, texts):
    """Step 8. How many anchors there are."""
    anchors = [anchor for claim in claims.values() for anchor in claim["at"]]
    for anchor in anchors:
        text = texts.get(f"data/texts/{anchor['capture']}.txt")
        code = records.broken_anchor(anchor, *named[anchor["capture"]], text)
        demand(code is None, code, KINDS["claim"])
    return len(anchors)
