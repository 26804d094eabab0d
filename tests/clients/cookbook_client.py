#!/usr/bin/env python3
"""SQLite and DuckDB on the questions of seeds/README.md: both give the answers that stand there.

    cookbook_client.py write    writes SQLite's answers into seeds/README.md
"""

import json
import re
import sqlite3
import sys
from contextlib import closing

import tool

COOKBOOK = tool.ROOT / "seeds" / "README.md"
QUESTION = re.compile(r"^```sql\n(.*?)^```\n\n((?:\|[^\n]*\n)*)", re.MULTILINE | re.DOTALL)

# Run by the Python that has the library: tables and queries in, and out the heads and the rows.
PROGRAM = """
import json, sys
import duckdb

asked = json.load(sys.stdin)
base = duckdb.connect()
for name, file in asked["tables"].items():
    base.read_parquet(file).create_view(name)

def answer(query):
    result = base.execute(query)
    return [[column[0] for column in result.description], result.fetchall()]

print(json.dumps([answer(query) for query in asked["queries"]]))
"""


def table(head, rows):
    """A Markdown table, its columns as wide as what they hold."""
    lines = [head, *([("" if cell is None else str(cell)) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines)]
    lines.insert(1, ["-" * width for width in widths])
    return "".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |\n" for line in lines)


def of_sqlite(folder, queries):
    (file,) = folder.glob("*.sqlite")
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as base:
        for query in queries:
            result = base.execute(query)
            yield table([column[0] for column in result.description], result.fetchall())


def of_duckdb(folder, queries):
    tables = {file.stem: str(file) for file in (folder / "parquet").glob("*.parquet")}
    asked = json.dumps({"tables": tables, "queries": queries}).encode()
    ended = tool.run(tool.find("python3"), "-c", PROGRAM, stdin=asked)
    if ended.returncode != 0:
        sys.exit(ended.stderr.decode())
    return [table(head, rows) for head, rows in json.loads(ended.stdout)]


def main():
    text = COOKBOOK.read_text(encoding="utf-8")
    questions = QUESTION.findall(text)
    queries = [query for query, _ in questions]
    with tool.Workshop() as workshop:
        tables = workshop.path / "tables"
        tool.must(tool.AFFIANT, "export", tool.ROOT / "seeds", "--out", tables, "--format", "sqlite,parquet")
        answers = list(of_sqlite(tables, queries))
        if sys.argv[1:] == ["write"]:
            fresh = iter(answers)
            COOKBOOK.write_text(QUESTION.sub(lambda found: f"```sql\n{found[1]}```\n\n{next(fresh)}", text), encoding="utf-8")
            return
        checks = tool.Checks("cookbook")
        checks.expect(f"asks {len(questions)} questions that have an answer", questions and all(shown for _, shown in questions))
        for number, (shown, answer) in enumerate(zip((shown for _, shown in questions), answers), 1):
            checks.expect(f"shows SQLite's answer to question {number}", shown == answer)
        if tool.run(tool.find("python3"), "-c", "import duckdb").returncode != 0:
            print("NOT RUN: duckdb (it is not on this machine)")
        else:
            for number, (answer, other) in enumerate(zip(answers, of_duckdb(tables, queries), strict=True), 1):
                checks.expect(f"gets the same answer from DuckDB to question {number}", answer == other)
        checks.end()


main()
