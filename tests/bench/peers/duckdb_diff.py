"""Prints the ids of all records that DuckDB finds different: duckdb_diff.py typed|except|text THREADS OLD NEW"""

import sys

import duckdb

TYPED = "read_json($file, format = 'newline_delimited', sample_size = -1, maximum_object_size = 16777216)"
TEXT = "(SELECT json->>'id' AS id, json FROM read_ndjson_objects($file, maximum_object_size = 16777216))"

WAYS = {
    "typed": (TYPED, """SELECT coalesce(old.id, new.id) FROM old FULL JOIN new ON old.id = new.id
        WHERE old IS DISTINCT FROM new"""),
    # A field that only one of the files has is a column of that one alone, and EXCEPT wants the same columns.
    "except": (TYPED, """, both_files AS (SELECT 1 AS file, * FROM old UNION ALL BY NAME SELECT 2 AS file, * FROM new),
        one AS (SELECT * EXCLUDE file FROM both_files WHERE file = 1),
        two AS (SELECT * EXCLUDE file FROM both_files WHERE file = 2)
        SELECT id FROM (FROM one EXCEPT FROM two) UNION SELECT id FROM (FROM two EXCEPT FROM one)"""),
    "text": (TEXT, """SELECT coalesce(old.id, new.id) FROM old FULL JOIN new ON old.id = new.id
        WHERE old.json::VARCHAR IS DISTINCT FROM new.json::VARCHAR"""),
}


def main(way, threads, *files):
    table, query = WAYS[way]
    database = duckdb.connect()
    database.execute(f"SET threads = {int(threads)}")
    old, new = (table.replace("$file", "'" + file.replace("'", "''") + "'") for file in files)
    for row in database.execute(f"WITH old AS (FROM {old}), new AS (FROM {new}) {query}").fetchall():
        print(row[0])


main(*sys.argv[1:])
