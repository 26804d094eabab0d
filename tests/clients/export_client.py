#!/usr/bin/env python3
"""csv and sqlite3 of Python, DuckDB and pyarrow on the tables of an export: all forms hold the same cells, and these are
what the records say."""

import csv
import json
import re
import sqlite3
from datetime import date

import tool

FIRST_RELEASE = tool.ROOT / "dist" / "1.1.0"
TRUST = tool.ROOT / "dist" / "allowed_signers"
MOST = 2**53 - 1

# Notes that a reader of tables could stumble over.
HOSTILE = [
    '=HYPERLINK("http://example.org","look")', "+1", "-1", "@sum", "'=quoted", "''-twice", "'tis none", "＝1", "\t=tab",
    'she said "no", and left', 'a line\nbreak, a "quote"', "ends in a quote\"", "semi;colon, comma", " spaces at both ends ",
    "NA", "null", "NULL", "NaN", "1e5", "007", "true", "2026-01-01", "\\N", "back\\slash", "Қазақстан 🇰🇿 e\u0301", "x" * 1000,
]

# Run by the Python that has the libraries: every table as pyarrow reads it, the types that DuckDB finds in both forms,
# the statistics of the first column, and the words that SQL keeps for itself.
PROGRAM = r"""
import json, pathlib, sys
import duckdb, pyarrow.parquet as pq

folder = pathlib.Path(sys.argv[1])
tables = {}
for file in sorted(folder.glob("parquet/*.parquet")):
    whole = pq.ParquetFile(file)
    groups = [whole.metadata.row_group(i) for i in range(whole.num_row_groups)]
    first = [group.column(0) for group in groups]
    kinds = duckdb.sql(f"DESCRIBE SELECT * FROM '{file}'").fetchall()
    rows = duckdb.sql(f"SELECT * FROM '{file}'").fetchall()
    table = whole.read()
    csv = folder / "csv" / (file.stem + ".csv")
    of_csv = f"read_csv('{csv}', header = true, all_varchar = true, strict_mode = true, max_line_size = 10000000)"
    tables[file.stem] = {
        "columns": table.column_names,
        "rows": [list(row.values()) for row in table.to_pylist()],
        "duckdb": [list(row) for row in rows],
        "of_csv": [list(row) for row in duckdb.sql(f"SELECT * FROM {of_csv}").fetchall()],
        "kinds": {kind[0]: kind[1] for kind in kinds},
        "nullable": {field.name: field.nullable for field in table.schema},
        "least": min((column.statistics.min for column in first), default=None),
        "most": max((column.statistics.max for column in first), default=None),
        "codecs": sorted({column.compression for column in first}),
        "metadata": {key.decode(): value.decode() for key, value in whole.metadata.metadata.items()},
        "created_by": whole.metadata.created_by,
    }
reserved = "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'"
print(json.dumps({"tables": tables, "reserved": [row[0] for row in duckdb.sql(reserved).fetchall()]}, default=str))
"""


def export(version, out, *options):
    tool.must(tool.AFFIANT, "export", version, "--out", out, *options)
    return out


def by_libraries(folder):
    ended = tool.must(tool.TARGET / "venv" / "bin" / "python3", "-c", PROGRAM, folder)
    return json.loads(ended.stdout)


def read_csv(file):
    """Names of columns, and rows of text with None where there is nothing."""
    with file.open(newline="", encoding="utf-8") as lines:
        names, *rows = csv.reader(lines, strict=True)
    return names, [[cell or None for cell in row] for row in rows]


def from_csv(cell, kind):
    """A cell as it was recorded, by what README.md says of the form."""
    if cell is None:
        return None
    if kind == "text":
        return cell[1:] if re.match("^'+[=+\\-@＝＋－＠\t\r\n]", cell) else cell
    return {"integer": int, "boolean": {"true": True, "false": False}.get, "day": lambda day: str(date.fromisoformat(day))}[kind](cell)


def from_sqlite(cell, kind):
    return bool(cell) if kind == "boolean" and cell is not None else cell


def dictionary(database):
    """Kinds, requirements, keys and references of all columns, by table, as the export describes itself."""
    tables = {}
    found = database.execute("SELECT table_name, column_name, kind, is_required, is_key, refers_table, refers_column"
                             " FROM columns ORDER BY table_name, position")
    for table, name, kind, required, key, other, column in found:
        tables.setdefault(table, []).append((name, kind, bool(required), bool(key), (other, column) if other else None))
    return tables


def agrees(checks, folder, what):
    """The three forms, cell by cell, and what each says of its columns."""
    read = by_libraries(folder)
    file = next(folder.glob("*.sqlite"))
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    tables = dictionary(database)
    made = {name for name, in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    checks.expect(f"finds every table of {what} in every form",
                  set(tables) == made == set(read["tables"]) == {file.stem for file in folder.glob("csv/*.csv")})
    checks.expect(f"finds no fault in the database of {what}",
                  database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                  and database.execute("PRAGMA foreign_key_check").fetchall() == []
                  and database.execute("PRAGMA application_id").fetchone()[0] == int.from_bytes(b"afnt", "big"))
    words = {*tables, *(column[0] for columns in tables.values() for column in columns)}
    checks.expect(f"needs no quotes around a name of {what}", not words & set(read["reserved"]))
    for name, columns in tables.items():
        one_table(checks, f"{what}: {name}", folder / "csv" / f"{name}.csv", database, name, columns, read["tables"][name])
    return database, read


def one_table(checks, what, file, database, name, columns, parquet):
    names, kinds = [column[0] for column in columns], [column[1] for column in columns]
    header, text = read_csv(file)
    of_csv = [[from_csv(cell, kind) for cell, kind in zip(row, kinds, strict=True)] for row in text]
    key = ", ".join(column[0] for column in columns if column[3])
    order = "rowid" if is_rowid(database, name) else key
    found = database.execute(f"SELECT {', '.join(names)} FROM {name} ORDER BY {order}")
    of_sqlite = [[from_sqlite(cell, kind) for cell, kind in zip(row, kinds, strict=True)] for row in found]
    checks.expect(f"read the same cells of {what}",
                  header == names == parquet["columns"]
                  and sorted(map(repr, of_csv)) == sorted(map(repr, of_sqlite))
                  and of_csv == parquet["rows"] == parquet["duckdb"] and text == parquet["of_csv"])
    types = {"text": "VARCHAR", "integer": "BIGINT", "boolean": "BOOLEAN", "day": "DATE"}
    is_null = {column[0]: not column[2] for column in columns}
    described = {column[1]: (column[2], bool(column[3]), bool(column[5]))
                 for column in database.execute(f"PRAGMA table_info({name})")}
    in_sqlite = {"text": "TEXT", "integer": "INTEGER", "boolean": "INTEGER", "day": "TEXT"}
    checks.expect(f"find the columns of {what} as they are described",
                  parquet["kinds"] == {column: types[kind] for column, kind in zip(names, kinds)}
                  and parquet["nullable"] == is_null
                  and described == {column: (in_sqlite[kind], required, is_key)
                                    for column, kind, required, is_key, _ in columns})
    references = {(row[3], row[2], row[4]) for row in database.execute(f"PRAGMA foreign_key_list({name})")}
    checks.expect(f"find the references of {what}",
                  references == {(column, *other) for column, *_, other in columns if other})
    firsts = [row[0] for row in of_csv]
    checks.expect(f"find statistics and descriptions in {what}",
                  not firsts or (parquet["least"], parquet["most"]) == (min(firsts), max(firsts))
                  and parquet["codecs"] == ["ZSTD"]
                  and all(parquet["metadata"][f"affiant.column.{column}"] for column in names))


def is_rowid(database, table):
    sql, = database.execute("SELECT sql FROM sqlite_schema WHERE name = ?", [table]).fetchone()
    return "WITHOUT ROWID" not in sql


def lines(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def lineage(source, origins):
    """Everything that a source is derived from, near or far."""
    found = set()
    waiting = list(origins.get(source, []))
    while waiting:
        if (origin := waiting.pop()) not in found:
            found.add(origin)
            waiting += origins.get(origin, [])
    return found


def original(claim, origins):
    """Of the sources that a claim is anchored in, the first that is derived from no other of them."""
    anchored = list(dict.fromkeys(anchor["capture"].split(".")[0] for anchor in claim["at"]))
    return next(source for source in anchored if not lineage(source, origins) & set(anchored))


def expected(payload):
    """Some columns of `claims` and the sizes of all that hangs on it, from the records and by other means."""
    statuses = {line["id"]: line for line in lines(payload / "statuses.jsonl")}
    agents = {agent["id"]: agent for agent in lines(payload / "agents.jsonl")}
    labels = {event["id"]: event["label"] for event in lines(payload / "events.jsonl")}
    sources = {source["id"]: source for source in lines(payload / "sources.jsonl")}
    origins = {name: [origin["what"] for origin in source.get("from", [])] for name, source in sources.items()}
    rows = []
    for claim in lines(payload / "claims.jsonl"):
        source = original(claim, origins)
        value, standing = claim.get("value", {}), statuses[claim["id"]]
        voices = [voice if isinstance(voice, str) else voice["agent"] for voice in claim["by"]]
        names = agents[voices[-1]]["names"]
        rows.append((
            claim["id"], claim["event"], labels[claim["event"]], claim["kind"], claim["stance"], standing["status"],
            " ".join(standing.get("by", [])) or None, value.get("unit"), value.get("lo"), value.get("hi"), value.get("said"),
            value.get("edtf"), value.get("text"), claim.get("when"), claim.get("where", {}).get("name"), voices[0],
            voices[-1], names[0] if names else None, agents[voices[-1]]["kind"] == "office", " > ".join(voices),
            len(claim["at"]), source, sources[source]["publisher"], claim.get("reading", {}).get("fix"), claim.get("note"),
        ))
    return rows


COLUMNS = ("id, event, event_label, kind, stance, status, status_by, unit, lo, hi, said, value_edtf, value_text, when_edtf,"
           " place, outer_voice, root_voice, root_name, is_official, chain, anchor_count, source, publisher, reading_fix, note")


def tells_the_records(checks, database, payload, what):
    rows = [(*row[:18], bool(row[18]), *row[19:]) for row in database.execute(f"SELECT {COLUMNS} FROM claims ORDER BY id")]
    checks.expect(f"find every claim of {what} as its record says", rows == expected(payload))
    claims = lines(payload / "claims.jsonl")
    many = {"voices": "by", "anchors": "at", "links": "links", "abouts": "about", "decisions": "log"}
    for table, field in many.items():
        count, = database.execute(f"SELECT count(*) FROM {table}").fetchone()
        checks.expect(f"find all {table} of {what}", count == sum(len(claim.get(field, [])) for claim in claims))
    spans = [(claim["id"], *anchor["span"], anchor["sha256"], anchor.get("quote")) for claim in claims for anchor in claim["at"]]
    found = database.execute("SELECT claim, start_byte, end_byte, sha256, quote FROM anchors ORDER BY claim, position")
    checks.expect(f"find the bytes of every anchor of {what}", spans == list(found))
    unnamed = {agent["id"] for agent in lines(payload / "agents.jsonl") if agent["privacy"] != "open"}
    found = database.execute("SELECT id FROM agents WHERE name IS NULL AND id NOT IN (SELECT agent FROM agent_names)")
    checks.expect(f"find no name of whoever has none in {what}", unnamed <= {agent for agent, in found})


def of_release(checks, folder):
    """The release that the project ships."""
    out = export(FIRST_RELEASE, folder / "first", "--trust", TRUST)
    database, read = agrees(checks, out, "1.1.0")
    tells_the_records(checks, database, FIRST_RELEASE / "data", "1.1.0")
    info = json.loads((FIRST_RELEASE / "release.json").read_text())
    told = database.execute("SELECT trust, version, seq, released_on, claims, claims_root, statuses_root FROM release").fetchone()
    claims = info["records"]["claim"]
    checks.expect("find the release named as it names itself", told == (
        "verified", info["version"], info["seq"], info["date"], claims["count"], claims["root"], info["status_tree"]["root"]))
    metadata = read["tables"]["claims"]["metadata"]
    checks.expect("find the release named in Parquet too", (metadata["affiant.version"], metadata["affiant.claims_root"],
                                                           metadata["affiant.trust"]) == (info["version"], claims["root"], "verified"))
    checks.expect("find the first and the last day of a month", ("2011-12-01", "2011-12-31") in
                  database.execute("SELECT when_from, when_to FROM claims WHERE when_edtf = '2011-12'").fetchall()
                  or database.execute("SELECT count(*) FROM claims WHERE when_edtf = '2011-12'").fetchone() == (0,))


def hostile(dataset):
    """The dataset with claims whose notes and bounds are as bad as the rules allow."""
    file = dataset / "claims" / "example.jsonl"
    first = json.loads(file.read_text().splitlines()[0])
    claims = [{**first, "id": f"zz-{number:04}", "note": note} for number, note in enumerate(HOSTILE)]
    widest = {"unit": "person", "lo": -MOST, "hi": MOST, "qual": "range", "said": "=any, \"number\""}
    claims.append({**first, "id": "zz-9999", "value": widest, "ext": {"=x": "a \"b\", c", "n": [1, None]}, "when": "1986-12-16/.."})
    file.write_text(file.read_text() + "".join(json.dumps(claim) + "\n" for claim in claims))
    return claims


def of_hostile(checks, workshop):
    claims = hostile(workshop.dataset)
    declaration = json.loads((workshop.dataset / "dataset.json").read_text())
    (workshop.dataset / "dataset.json").write_text(json.dumps({**declaration, "ext": {"claim": {"type": "object"}}}))
    out = export(workshop.dataset, workshop.path / "hostile", "--threads", "1")
    database, _ = agrees(checks, out, "hostile texts")
    found = dict(database.execute("SELECT id, note FROM claims WHERE id LIKE 'zz-%'"))
    checks.expect("keep every text as it is", found == {claim["id"]: claim.get("note") for claim in claims})
    last = database.execute("SELECT lo, hi, said, ext, when_from, when_to FROM claims WHERE id = 'zz-9999'").fetchone()
    checks.expect("keep the largest numbers, an open end and fields of the dataset's own", last == (
        -MOST, MOST, '=any, "number"', '{"=x":"a \\"b\\", c","n":[1,null]}', "1986-12-16", None))
    raw = (out / "csv" / "claims.csv").read_bytes()
    _, rows = read_csv(out / "csv" / "claims.csv")
    cells = [cell for row in rows for cell in row if cell and not re.fullmatch("-?[0-9]+", cell)]
    checks.expect("show no spreadsheet a formula", not [cell for cell in cells if re.match("[=+\\-@＝＋－＠\t\r\n]", cell)]
                  and "'=HYPERLINK(\"http://example.org\",\"look\")" in cells)
    checks.expect("end lines as RFC 4180 has it, without a byte order mark", raw.startswith(b"id,event,") and raw.endswith(b"\r\n"))
    again = export(workshop.dataset, workshop.path / "again", "--threads", "4")
    checks.expect("give the same bytes again, with four threads", tool.same_folders(out, again))


def main():
    python = tool.TARGET / "venv" / "bin" / "python3"
    if not tool.accepts(python, "-c", "import duckdb, pyarrow.parquet"):
        tool.not_run("duckdb and pyarrow", "they are not on this machine")
    if sqlite3.sqlite_version_info < (3, 37):
        tool.not_run("duckdb and pyarrow", f"this Python's SQLite is {sqlite3.sqlite_version}, older than STRICT tables")
    checks = tool.Checks("duckdb, pyarrow, sqlite3 and csv")
    with tool.Workshop() as workshop:
        of_release(checks, workshop.path)
        of_hostile(checks, workshop)
    checks.end()


main()
