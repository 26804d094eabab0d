"""Records: their rules by sections 2.3 to 2.7, as codes of what a record breaks."""

import re
from collections import Counter
from hashlib import sha256

import schema
from dates import is_day, is_edtf
from strict_json import strings

CONTACT = re.compile(
    r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}|\+[0-9][0-9 ()./-]{7,}[0-9]"
    r"|\b8[ (-]{1,2}7[0-9]{2}[ )-]{1,2}[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{2}\b", re.ASCII)
TOOK_BACK = ("retracted", "withdrawn")


def has_contact_data(value):
    return any(CONTACT.search(text) for text in strings(value))


def voice(entry):
    return entry if isinstance(entry, str) else entry["agent"]


def root_voice(claim):
    return voice(claim["by"][-1])


def captures(sources):
    """Every capture with its source, by name."""
    return {f"{source['id']}.{capture['n']}": (capture, source) for source in sources.values() for capture in source["captures"]}


def broken_alone(kind, record, declaration):
    """The codes of what a record breaks by itself."""
    if not schema.is_a(kind, record):
        return ["schema-mismatch"]
    if "ext" in record:
        extension = declaration.get("ext", {}).get(kind)
        if extension is None:
            return ["ext-undeclared"]
        if not schema.fits_extension(record["ext"], extension):
            return ["schema-mismatch"]
    rules = {"agent": agent_rules, "event": event_rules, "source": source_rules, "claim": claim_rules}[kind](record, declaration)
    return [*(["contact-data"] if has_contact_data(record) else []), *(code for code, kept in rules if not kept)]


def agent_rules(agent, _):
    if agent["privacy"] != "open":
        yield "masked-name", not agent["names"]
        yield "masked-id", re.fullmatch(rf"{agent['kind']}-[0-9]{{2,}}", agent["id"])


def event_rules(event, _):
    yield "edtf-invalid", is_edtf(event.get("when", "2000"))


def source_rules(source, _):
    captures, sealed = source["captures"], source["rights"]["text"] == "sealed"
    yield "edtf-invalid", is_edtf(source.get("published", "2000"))
    yield "sealed-text", not (sealed and captures)
    yield "capture-number", [capture["n"] for capture in captures] == [*range(1, len(captures) + 1)] and (captures or sealed)
    for capture in captures:
        parts = capture["parts"]
        spans = [part["span"] for part in parts]
        yield "date-invalid", is_day(capture.get("got", "2000-01-01"))
        yield "schema-mismatch", all(start < end for start, end in spans)
        yield "part-out-of-range", all(end <= capture["bytes"] for _, end in spans)
        yield "parts-overlap", all(before[1] <= after[0] for before, after in zip(spans, spans[1:]))
        yield "parts-overlap", len({part["id"] for part in parts}) == len(parts)
        yield "edtf-invalid", all(is_edtf(part.get("posted", "2000")) for part in parts)


def claim_rules(claim, declaration):
    value, decisions, links, at = claim.get("value", {}), claim.get("log", []), claim.get("links", []), claim["at"]
    kind = declaration["kinds"].get(claim["kind"])
    yield "edtf-invalid", is_edtf(claim.get("when", "2000")) and is_edtf(value.get("edtf", "2000"))
    yield "said-too-long", len(value.get("said", "").split()) <= 8
    yield "unknown-kind", kind is not None
    if "unit" in value:
        lo, hi = value["lo"], value["hi"]
        yield "bounds-inverted", lo is None or hi is None or lo <= hi
        yield "qualifier-disagrees", agrees(value["qual"], lo, hi)
        yield "unknown-unit", kind is None or value["unit"] in kind.get("units", []) and value["unit"] in declaration["units"]
    yield "date-invalid", all(is_day(decision["on"]) for decision in decisions)
    steps = [decision["is"] for decision in decisions]
    yield "log-order", [decision["on"] for decision in decisions] == sorted(decision["on"] for decision in decisions)
    yield "log-order", all((before in TOOK_BACK) != (after in TOOK_BACK) for before, after in zip(["restored", *steps], steps))
    yield "schema-mismatch", all(anchor["span"][0] < anchor["span"][1] for anchor in at)
    yield "anchor-repeated", len({(anchor["capture"], *anchor["span"]) for anchor in at}) == len(at)
    yield "link-to-itself", all(link["to"] != claim["id"] for link in links)
    yield "link-stored-twice", len({(link["rel"], link["to"]) for link in links}) == len(links)


def agrees(qualifier, lo, hi):
    both = lo is not None and hi is not None
    return {
        "exact": lo == hi and both, "approx": both, "range": both and lo < hi, "indefinite": not (both and lo == hi),
        "more_than": lo is not None and hi is None, "at_least": lo is not None and hi is None,
        "less_than": hi is not None and lo in (None, 0), "at_most": hi is not None and lo in (None, 0),
    }[qualifier]


def broken_between(agents, claims, events, sources):
    """Pairs of a code and a kind for every rule of 2.4 that is broken."""
    named = captures(sources)
    for event in events.values():
        yield "unknown-event", "event", event.get("within", event["id"]) in events
    for source in sources.values():
        of_parts = [part["author"] for capture in source["captures"] for part in capture["parts"] if "author" in part]
        people = [source["publisher"], source["rights"]["holder"], *source.get("authors", []), *of_parts]
        yield "unknown-agent", "source", agents.keys() >= {*people, *(capture["by"] for capture in source["captures"])}
        origins = {origin["what"] for origin in source.get("from", [])}
        yield "unknown-origin", "source", origins <= sources.keys() | agents.keys()
    for claim in claims.values():
        voices, links = {*map(voice, claim["by"])}, claim.get("links", [])
        yield "unknown-agent", "claim", agents.keys() >= voices | {*claim.get("about", [])}
        yield "unknown-event", "claim", claim["event"] in events
        yield "unknown-capture", "claim", all(anchor["capture"] in named for anchor in claim["at"])
        yield "unknown-claim", "claim", all(link["to"] in claims for link in links)
        yield "link-stored-twice", "claim", not any(
            back["to"] == claim["id"] and back["rel"] == link["rel"] != "supersedes"
            for link in links for back in claims.get(link["to"], {}).get("links", []))
        for anchor in claim["at"]:
            start, end = anchor["span"]
            capture = named.get(anchor["capture"], ({"parts": []},))[0]
            shared = [part for part in capture["parts"] if part["span"][0] < end and start < part["span"][1]]
            yield "voice-missing", "claim", all(part.get("author") in {None, *voices} for part in shared)
    yield "event-cycle", "event", ends({event["id"]: [event["within"]] for event in events.values() if "within" in event})
    yield "derivation-cycle", "source", ends({
        source["id"]: [origin["what"] for origin in source.get("from", [])] for source in sources.values()})
    yield "supersedes-cycle", "claim", ends({
        claim["id"]: [link["to"] for link in claim.get("links", []) if link["rel"] == "supersedes"] for claim in claims.values()})


def ends(arrows):
    """Whether following arrows always comes to an end: what leads nowhere is taken away until nothing is left."""
    arrows = dict(arrows)
    while over := [start for start, targets in arrows.items() if not any(target in arrows for target in targets)]:
        for start in over:
            del arrows[start]
    return not arrows


def broken_anchor(anchor, capture, source, text):
    """The first rule of 2.5 that an anchor breaks, if any; `text` is None where it is not at hand."""
    start, end = anchor["span"]
    shared = [part for part in capture["parts"] if part["span"][0] < end and start < part["span"][1]]
    rules = [
        ("withheld-text-quoted", source["rights"]["text"] == "included" or "quote" not in anchor),
        ("anchor-out-of-range", end <= capture["bytes"]),
        ("anchor-in-chrome", all(part["role"] != "chrome" for part in shared)),
        ("anchor-outside-parts", shared or not capture["parts"]),
        ("anchor-across-parts", not capture["parts"] or any(part["span"][0] <= start and end <= part["span"][1] for part in shared)),
    ]
    if text is not None:
        rules += [
            ("anchor-splits-character", not is_utf8(text) or is_utf8(text[:start]) and is_utf8(text[:end])),
            ("quote-not-found", sha256(text[start:end]).hexdigest() == anchor["sha256"]),
            ("quote-differs", anchor.get("quote", "").encode() in (b"", text[start:end])),
        ]
    return next((code for code, kept in rules if not kept), None)


def is_utf8(content):
    try:
        return content.decode() is not None
    except UnicodeDecodeError:
        return False


def counted(claims, statuses):
    """Per event how many claims have each status, as release.json says it."""
    counts = Counter((claims[id]["event"], standing["status"]) for id, standing in statuses.items())
    return {event: {status: counts[event, status] for _, status in sorted(counts) if (event, status) in counts}
            for event in sorted({event for event, _ in counts})}
