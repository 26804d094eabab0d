"""JSON by sections 2.2 and 3: read strictly, and spelled in canonical form."""

import json
import re
from itertools import accumulate

from faults import check


def read(text):
    """The value that some bytes spell, its members in the order of the canonical form; else a ValueError with the code."""
    try:
        check(not text.endswith(b"\r"), "line-ending")
        check(not text.startswith(b"\xef\xbb\xbf"), "json-encoding")
        check(depth(text.decode()) <= 64, "json-limit")
        value = json.loads(text, object_pairs_hook=members, parse_int=number, parse_float=number, parse_constant=constant)
        canonical(value)
        return value
    except UnicodeError as fault:
        raise ValueError("json-encoding") from fault
    except json.JSONDecodeError as fault:
        raise ValueError("json-syntax") from fault


def canonical(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def read_canonical(text):
    """As `read`, of a file that holds one value in canonical form, and LF."""
    value = read(text.removesuffix(b"\n"))
    check(canonical(value) + b"\n" == text, "record-not-canonical")
    return value


def strings(value):
    """Every string in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


def names(value):
    """The name of every member in a value."""
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return {*(value if isinstance(value, dict) else []), *(name for each in inner for name in names(each))}


def depth(text):
    brackets = re.findall(r"[][{}]", re.sub(r'"(?:[^"\\]|\\.)*"', "", text))
    return max(accumulate(1 if bracket in "[{" else -1 for bracket in brackets), default=0)


def members(pairs):
    check(len(dict(pairs)) == len(pairs), "json-duplicate-key")
    return dict(sorted(pairs, key=lambda pair: pair[0].encode("utf-16-be", "surrogatepass")))


def number(digits):
    double = float(digits)
    check(abs(double) < 2**53 and double.is_integer(), "json-number")
    return int(double)


def constant(_):
    raise ValueError("json-syntax")
