"""Prints the ids of all records that polars finds different: polars_diff.py THREADS OLD NEW"""

import os
import sys


def main(threads, old, new):
    os.environ["POLARS_MAX_THREADS"] = threads
    import polars as pl

    def records(file):
        frame = pl.read_ndjson(file, infer_schema_length=None)
        return frame.select("id", record=pl.struct(pl.all()))

    both = records(old).join(records(new), on="id", how="full", coalesce=True, suffix="_new")
    different = both.filter(pl.col("record").ne_missing(pl.col("record_new")))
    print("\n".join(different["id"]))


main(*sys.argv[1:])
