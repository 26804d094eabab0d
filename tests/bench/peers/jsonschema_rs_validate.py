"""Prints the number of each line that jsonschema-rs refuses: jsonschema_rs_validate.py SCHEMA FILE"""

import json
import sys

import jsonschema_rs


def main(schema, file):
    with open(schema, "rb") as text:
        validator = jsonschema_rs.validator_for(json.load(text))
    with open(file, "rb") as lines:
        for number, line in enumerate(lines, 1):
            if not is_valid(validator, line):
                print(number)


def is_valid(validator, line):
    try:
        return validator.is_valid(json.loads(line))
    except ValueError:
        return False


main(*sys.argv[1:])
