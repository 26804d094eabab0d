#!/usr/bin/env python3
"""The reference tools of the three descriptions of an export, on that of the newest release and of a small one.

frictionless on datapackage.json looks at every byte, cell and key. mlcroissant on croissant.json checks the structure,
and the digest of what it loads; it does not look whether what a row refers to exists, nor at lengths, and it lets
pandas guess types: a text such as `NA` or a column of nothing but years is not read as it stands. roc-validator on
ro-crate-metadata.json checks that the files are there, not what is in them: digests and lengths of the files that
ro-crate-py lists are compared here. All three work offline; the terms of RO-Crate 1.1 are those that ro-crate-py has.
"""

import csv
import hashlib
import json
import shutil
import sys

import tool

FILES = ["datapackage.json", "croissant.json", "ro-crate-metadata.json"]
HARBOUR = tool.ROOT / "tests" / "vectors" / "harbour" / "dataset"

# Text that is free may hold this, and an address the other.
HOSTILE = 'Fire </script> \u202e "\\ ${x} @id %00 \U0001f525 \'); --'
HOSTILE_URL = 'https://example.org/"<>{}|^`\\%zz#id'

# Each is run by the Python that has the libraries: folders in, what the library says of each out.
FRICTIONLESS = """
import json, sys
import frictionless

def judged(folder):
    report = frictionless.validate(folder + "/datapackage.json")
    errors = report.errors + [error for task in report.tasks for error in task.errors]
    package = frictionless.Package(folder + "/datapackage.json")
    return {"errors": sorted({error.type for error in errors}), "title": package.title,
            "sources": [[one["title"], one.get("path")] for one in package.sources],
            "rows": {task.name: task.stats.get("rows", 0) for task in report.tasks}}

print(json.dumps([judged(folder) for folder in json.load(sys.stdin)]))
"""

CROISSANT = """
import datetime, json, logging, sys
logging.disable()
import mlcroissant

def cell(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime):
        return str(value.date())
    return value.decode() if isinstance(value, bytes) else "" if value is None else str(value)

def loaded(metadata, record_set):
    # One dataset for each: what was read once is spent, and is missing where others refer to it.
    dataset = mlcroissant.Dataset.from_metadata(metadata)
    return [[cell(value) for value in record.values()] for record in dataset.records(record_set)]

def judged(folder):
    try:
        metadata = mlcroissant.Dataset(folder + "/croissant.json").metadata
    except Exception as error:
        return {"stage": "validate", "error": str(error)}
    try:
        return {"title": metadata.name, "records": {one.id: loaded(metadata, one.id) for one in metadata.record_sets},
                "warnings": sorted(metadata.ctx.issues.warnings)}
    except Exception as error:
        return {"stage": "load", "error": repr(error) + repr(error.__cause__)}

print(json.dumps([judged(folder) for folder in json.load(sys.stdin)]))
"""

RO_CRATE = """
import importlib.resources, io, json, sys
import requests_cache, urllib3
from requests.adapters import HTTPAdapter
from rocrate.rocrate import ROCrate
from rocrate_validator import models, services

CACHE, TERMS = sys.argv[1], "https://w3id.org/ro/crate/1.1/context"

class Shelf(HTTPAdapter):
    def send(self, request, **_):
        body = importlib.resources.files("rocrate").joinpath("data/ro-crate.jsonld").read_bytes()
        assert json.loads(body)["@id"] == TERMS, "ro-crate-py has the terms of another version"
        headers = {"Content-Type": "application/ld+json"}
        found = urllib3.HTTPResponse(io.BytesIO(body), headers, status=200, preload_content=False)
        return self.build_response(request, found)

with requests_cache.CachedSession(CACHE, backend="sqlite", expire_after=-1) as session:
    session.mount("https://w3id.org/", Shelf())
    session.get(TERMS).raise_for_status()

def listed(values):
    return values if isinstance(values, list) else [values]

def judged(folder):
    settings = services.ValidationSettings(rocrate_uri=folder, profile_identifier="ro-crate-1.1", offline=True,
                                           cache_path=CACHE, requirement_severity=models.Severity.RECOMMENDED)
    issues = services.validate(settings).get_issues()
    said = {level: sorted({issue.message for issue in issues if issue.severity.name == level})
            for level in ["REQUIRED", "RECOMMENDED"]}
    try:
        crate = ROCrate(folder)
    except Exception as error:
        return {**said, "error": str(error)}
    return {**said, "files": [[one.id, one["contentSize"], one["sha256"]] for one in crate.get_by_type("File")],
            "based_on": [[one["name"], one.get("url")] for one in listed(crate.root_dataset.get("isBasedOn", []))],
            "title": crate.root_dataset["name"],
            "instrument": crate.get("#export")["instrument"]["name"]}

print(json.dumps([judged(folder) for folder in json.load(sys.stdin)]))
"""


def judge(program, folders, *arguments):
    """What a library says of folders; `None` if it is not on this machine."""
    python = tool.TARGET / "venv" / "bin" / "python3"
    asked = json.dumps([str(folder) for folder in folders]).encode()
    ended = tool.run(python, "-c", program, *arguments, stdin=asked)
    if ended.returncode != 0:
        sys.exit(ended.stderr.decode())
    return json.loads(ended.stdout.splitlines()[-1])


def export(workshop, name, release, trust):
    out = workshop.path / name
    tool.must(tool.AFFIANT, "export", release, "--trust", trust, "--out", out)
    return out


def exports(workshop):
    """The newest release of the project, and one of a small dataset in which strangers wrote what they could."""
    version = max((tool.ROOT / "dist").glob("*.*.*"), key=lambda folder: [int(part) for part in folder.name.split(".")])
    yield f"dist/{version.name}", export(workshop, "newest", version, tool.ROOT / "dist" / "allowed_signers")
    workshop.dataset = workshop.path / "hostile"
    shutil.copytree(HARBOUR, workshop.dataset)
    edit(workshop.dataset / "dataset.json", lambda dataset: dataset.update(title=HOSTILE))
    sources = workshop.dataset / "sources.jsonl"
    first, *others = sources.read_text().splitlines(keepends=True)
    sources.write_text(json.dumps({**json.loads(first), "title": HOSTILE, "url": HOSTILE_URL}) + "\n" + "".join(others))
    release = workshop.cut("harbour", workshop.key)
    yield "the harbour", export(workshop, "small", release, workshop.trust)


def titled(folder):
    """The title of an export, and the titles and addresses of the texts that it stands on."""
    [names, values] = rows(folder, "release")
    sources = [dict(zip(rows(folder, "sources")[0], line)) for line in rows(folder, "sources")[1:]]
    summaries = {line[0] for line in rows(folder, "derivations")[1:] if line[2] == "summarises" and line[3]}
    shown = [one for one in sources if one["id"] not in summaries and one["rights_text"] != "sealed"]
    return values[names.index("title")], [[one["title"] or one["id"], one["url"] or None] for one in shown]


def rows(folder, table):
    with open(folder / "csv" / f"{table}.csv", newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def edit(file, change):
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


def describe_anew(value, path, content):
    """Puts a file's new length and digest wherever a description has the old ones."""
    if isinstance(value, list):
        for one in value:
            describe_anew(one, path, content)
    elif isinstance(value, dict):
        digest = hashlib.sha256(content).hexdigest()
        if path in (value.get("path"), value.get("contentUrl"), value.get("@id")):
            new = {"bytes": len(content), "hash": f"sha256:{digest}", "sha256": digest}
            value.update({name: to for name, to in new.items() if name in value})
        for one in value.values():
            describe_anew(one, path, content)


class Spoiled:
    """Copies of an export for one client, each spoilt in one way."""

    def __init__(self, folder, client):
        self.folder = folder
        self.client = client
        self.copies = {}

    def copy(self, name):
        copy = self.folder.parent / f"{self.client}-{len(self.copies)}"
        shutil.copytree(self.folder, copy)
        self.copies[name] = copy
        return copy

    def change_byte(self, name, path):
        tool.change_one_byte(self.copy(name) / path)

    def change_rows(self, name, table, change):
        """Another table, described as it now is."""
        copy = self.copy(name)
        lines = rows(copy, table)
        change(lines)
        path = f"csv/{table}.csv"
        with open(copy / path, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(lines)
        for file in FILES:
            edit(copy / file, lambda value: describe_anew(value, path, (copy / path).read_bytes()))

    def change_cell(self, name, table, column, to):
        def change(lines):
            lines[1][lines[0].index(column)] = to

        self.change_rows(name, table, change)

    def change_description(self, name, file, change):
        edit(self.copy(name) / file, change)

    def remove(self, name, path):
        (self.copy(name) / path).unlink()


def drop_column(column):
    def change(lines):
        at = lines[0].index(column)
        for line in lines:
            del line[at]

    return change


def frictionless(good, small):
    checks = tool.Checks("frictionless")
    spoiled = Spoiled(small, checks.client)
    expected = {}

    def refused(name, error, spoil, *arguments):
        spoil(name, *arguments)
        expected[name] = error

    refused("a changed byte", "hash-count", spoiled.change_byte, "csv/claims.csv")
    refused("a missing column", "missing-label", spoiled.change_rows, "claims", drop_column("stance"))
    refused("an event that there is not", "foreign-key", spoiled.change_cell, "claims", "event", "nothing")
    refused("a claim that there is not", "foreign-key", spoiled.change_cell, "links", "target", "nothing")
    refused("a row that stands twice", "primary-key", spoiled.change_rows, "claims", lambda rows: rows.append(rows[1]))
    refused("a word for a number", "type-error", spoiled.change_cell, "claims", "voice_count", "many")
    refused("a day of no calendar", "type-error", spoiled.change_cell, "release", "released_on", "2026-02-30")
    refused("no value where there must be one", "constraint-error", spoiled.change_cell, "claims", "stance", "")
    said = judge(FRICTIONLESS, [*good.values(), *spoiled.copies.values()])
    for (name, folder), verdict in zip(good.items(), said):
        checks.expect(f"accepts {name}", verdict["errors"] == [])
        counts = {table: len(rows(folder, table)) - 1 for table in verdict["rows"]}
        checks.expect(f"reads all {sum(counts.values())} rows of {name}", counts and verdict["rows"] == counts)
        described = (verdict["title"], verdict["sources"])
        checks.expect(f"knows the title and the sources of {name}", described == titled(folder) and verdict["sources"])
    for name, verdict in zip(spoiled.copies, said[len(good):], strict=True):
        checks.expect(f"refuses {name}: {', '.join(verdict['errors'])}", expected[name] in verdict["errors"])
    return checks


def croissant(good, small):
    checks = tool.Checks("mlcroissant")
    spoiled = Spoiled(small, checks.client)

    def point(to):
        def change(dataset):
            fields = [field for one in dataset["recordSet"] for field in one["field"]]
            next(field for field in fields if "references" in field)["references"]["field"]["@id"] = to

        return change

    spoiled.change_byte("a changed byte", "csv/claims.csv")
    spoiled.change_rows("a missing column", "claims", drop_column("stance"))
    spoiled.change_description("a reference to no field", FILES[1], point("events/nothing"))
    spoiled.change_description("a file without a digest", FILES[1], lambda data: data["distribution"][0].pop("sha256"))
    spoiled.change_description("columns of no file", FILES[1], lambda data: data["distribution"].pop(0))
    said = judge(CROISSANT, [*good.values(), *spoiled.copies.values()])
    for (name, folder), verdict in zip(good.items(), said):
        checks.expect(f"accepts {name}", "error" not in verdict)
        checks.expect(f"knows the title of {name}", verdict.get("title") == titled(folder)[0])
        # A text by which to cite it is recommended, and not declared.
        others = [line for line in verdict.get("warnings", ["?"]) if "citeAs" not in line]
        checks.expect(f"warns of nothing else in {name}", others == [])
        records = verdict.get("records", {})
        tables = {table: rows(folder, table)[1:] for table in records}
        count = sum(map(len, tables.values()))
        checks.expect(f"loads all {count} rows of {name}, cell by cell", count and tables == records)
    for name, verdict in zip(spoiled.copies, said[len(good):], strict=True):
        checks.expect(f"refuses {name}, at `{verdict.get('stage')}`", "error" in verdict)
    return checks


def ro_crate(good, small):
    checks = tool.Checks("roc-validator")
    spoiled = Spoiled(small, checks.client)

    def root(change):
        return lambda crate: change(next(one for one in crate["@graph"] if one["@id"] == "./"))

    spoiled.remove("a missing file", "csv/claims.csv")
    spoiled.change_description("no licence", FILES[2], root(lambda one: one.pop("license")))
    spoiled.change_description("a date that is none", FILES[2], root(lambda one: one.update(datePublished="soon")))
    spoiled.change_description("a word of no vocabulary", FILES[2], root(lambda one: one.update(trustworthy="very")))
    spoiled.change_description("an entity in an entity", FILES[2], root(lambda one: one.update(about={"name": "x"})))
    refused = list(spoiled.copies)
    spoiled.change_byte("a changed byte", "csv/claims.csv")
    cache = small.parent / "terms"
    said = judge(RO_CRATE, [*good.values(), *spoiled.copies.values()], cache)
    for (name, folder), verdict in zip(good.items(), said):
        checks.expect(f"accepts {name}", verdict["REQUIRED"] == [])
        # What a dataset does not declare: who made it, who publishes it, and where the publishers of its sources are.
        missing = ["`author`", "`publisher`", "organization SHOULD have a URL"]
        others = [message for message in verdict["RECOMMENDED"] if not any(word in message for word in missing)]
        checks.expect(f"recommends nothing for {name} that is not known to be missing", others == [])
        found = {path for path, *_ in verdict["files"]}
        checks.expect(f"ro-crate-py finds all files of {name}", found == all_files(folder))
        checks.expect(f"with their lengths and digests in {name}", is_as_listed(folder, verdict["files"]))
        described = (verdict["title"], verdict["based_on"])
        checks.expect(f"and the title of {name}, and what it is based on", described == titled(folder))
        checks.expect(f"and the tool that made {name}", verdict["instrument"] == "affiant")
    for name, verdict in zip(spoiled.copies, said[len(good):], strict=True):
        if name in refused:
            checks.expect(f"refuses {name}", verdict["REQUIRED"] != [])
        else:
            checks.expect(f"leaves {name} to whoever compares digests", not verdict["REQUIRED"])
            checks.expect(f"who finds {name}", not is_as_listed(spoiled.copies[name], verdict["files"]))
    return checks


def all_files(folder):
    files = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    return files - {FILES[2]}


def is_as_listed(folder, files):
    contents = {path: (folder / path).read_bytes() for path, *_ in files}
    return all(str(len(contents[path])) == size and hashlib.sha256(contents[path]).hexdigest() == digest
               for path, size, digest in files)


def main():
    python = tool.TARGET / "venv" / "bin" / "python3"
    clients = {"frictionless": frictionless, "mlcroissant": croissant, "rocrate, rocrate_validator": ro_crate}
    done = []
    with tool.Workshop() as workshop:
        good = dict(exports(workshop))
        for libraries, client in clients.items():
            if tool.accepts(python, "-c", f"import {libraries}"):
                done.append(client(good, workshop.path / "small"))
            else:
                print(f"NOT RUN: {libraries} (not on this machine)")
        total = tool.Checks("metadata")
        total.passed = sum(checks.passed for checks in done)
        total.failed = sum(checks.failed for checks in done)
    total.end()


main()
