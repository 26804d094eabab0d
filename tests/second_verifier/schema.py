"""JSON Schema, draft 2020-12, as far as our own schemas use it."""

import json
import re
from pathlib import Path

from strict_json import canonical

FILES = {file.name: file.read_bytes() for file in Path(__file__).parents[2].glob("schemas/*.schema.json")}
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "null": type(None), "boolean": bool}
# What the schema of an `ext` may not use (2.1).
FORBIDDEN = {"$ref", "$dynamicRef", "$recursiveRef", "$id", "$schema", "$anchor", "$dynamicAnchor", "uniqueItems"}
NOTES = {"then", "else", "$schema", "$id", "$defs", "title", "description", "examples"}

# For each type of value the keywords that speak of it; `object` stands for all types.
KEYWORDS = {
    object: {
        "type": lambda value, names, _: type(value) in [TYPES[name] for name in (names if type(names) is list else [names])],
        "enum": lambda value, allowed, _: canonical(value) in map(canonical, allowed),
        "const": lambda value, only, _: canonical(value) == canonical(only),
        "$ref": lambda value, ref, root: fits(value, root["$defs"][ref.removeprefix("#/$defs/")], root),
    },
    int: {
        "minimum": lambda value, least, _: value >= least,
        "maximum": lambda value, most, _: value <= most,
    },
    str: {
        "minLength": lambda value, least, _: len(value) >= least,
        "maxLength": lambda value, most, _: len(value) <= most,
        "pattern": lambda value, pattern, _: re.search(re.sub(r"\$$", r"\\Z", pattern), value),
    },
    list: {
        "minItems": lambda value, least, _: len(value) >= least,
        "maxItems": lambda value, most, _: len(value) <= most,
        "uniqueItems": lambda value, asked, _: not asked or len(set(map(canonical, value))) == len(value),
        "items": lambda value, schema, root: all(fits(item, schema, root) for item in value),
    },
    dict: {
        "minProperties": lambda value, least, _: len(value) >= least,
        "required": lambda value, names, _: value.keys() >= set(names),
        "dependentRequired": lambda value, needs, _: all(value.keys() >= set(needs[name]) for name in needs.keys() & value),
        "propertyNames": lambda value, schema, root: all(fits(name, schema, root) for name in value),
        "properties": lambda value, schemas, root: all(fits(value[name], schemas[name], root) for name in schemas.keys() & value),
    },
}


class UnknownKeyword(Exception):
    """A keyword that our own schemas do not use."""


def fits_extension(value, schema):
    """As `fits`, for the schema of a dataset's own, which may be none."""
    try:
        return fits(value, schema, {})
    except (AttributeError, KeyError, TypeError, re.error) as fault:
        raise UnknownKeyword("whatever is meant by it") from fault


def is_a(kind, value):
    schema = json.loads(FILES[f"{kind}.schema.json"])
    return fits(value, schema, schema)


def fits(value, schema, root):
    """Whether a value is what a schema asks for; `root` holds the definitions that it refers to."""
    if isinstance(schema, bool):
        return schema
    return all(keeps(value, keyword, schema, root) for keyword in schema)


def keeps(value, keyword, schema, root):
    asked = schema[keyword]
    if keyword in ("additionalProperties", "unevaluatedProperties"):
        others = value.keys() - schema.get("properties", {}).keys() if type(value) is dict else ()
        return all(fits(value[name], asked, root) for name in others)
    if keyword == "if":
        return fits(value, schema.get("then" if fits(value, asked, root) else "else", True), root)
    if not any(keyword in keywords for keywords in KEYWORDS.values()):
        if keyword in NOTES or keyword.startswith("x-"):
            return True
        raise UnknownKeyword(keyword)
    return all(KEYWORDS[kind][keyword](value, asked, root) for kind in (object, type(value)) if keyword in KEYWORDS.get(kind, ()))
