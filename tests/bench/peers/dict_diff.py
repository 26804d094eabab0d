"""Prints the ids of all records that differ, from two dictionaries of parsed records: dict_diff.py OLD NEW"""

import json
import sys


def records(file):
    with open(file, "rb") as lines:
        return {record["id"]: record for record in map(json.loads, lines)}


def main(old, new):
    before, after = records(old), records(new)
    for name in {*before, *after}:
        if before.get(name) != after.get(name):
            print(name)


main(*sys.argv[1:])
