"""The status of every claim by sections 2.8 and 2.9."""

from collections import defaultdict

from records import TOOK_BACK, root_voice

ORDER = ["disputed", "inconsistent", "corroborated"]
BOTH_WAYS = ("contradicts", "repeats")


def standings(claims, sources):
    """The lines of statuses.jsonl as values, by id."""
    dead = {id for id, claim in claims.items() if "log" in claim and claim["log"][-1]["is"] in TOOK_BACK}
    links = [(id, link["rel"], link["to"]) for id, claim in claims.items() for link in claim.get("links", [])]
    superseded_by = defaultdict(set)
    for id, rel, to in links:
        if rel == "supersedes" and id not in dead:
            superseded_by[to].add(id)
    live = claims.keys() - dead - superseded_by.keys()
    due = defaultdict(set)
    for id, rel, to in links:
        status = implied(rel, claims[id], claims[to], sources)
        if id in live:
            due[to, status].add(id)
        if to in live and rel in BOTH_WAYS:
            due[id, status].add(to)

    def standing(id):
        if id in dead:
            return "retracted", ()
        if id in superseded_by:
            return "superseded", superseded_by[id]
        return next(((status, due[id, status]) for status in ORDER if due[id, status]), ("asserted", ()))

    return {id: line(id, *standing(id)) for id in sorted(claims)}


def line(id, status, by):
    return {**({"by": sorted(by)} if by else {}), "id": id, "status": status}


def implied(rel, holder, target, sources):
    """The status that a link implies, if any."""
    same = root_voice(holder) == root_voice(target)
    if rel in ("contradicts", "denies"):
        return "inconsistent" if same else "disputed"
    if rel in ("repeats", "supports") and not same and lineage(holder, sources).isdisjoint(lineage(target, sources)):
        return "corroborated"
    return None


def lineage(claim, sources):
    """All that the sources which anchor a claim come from, and they themselves."""
    found, ahead = set(), [anchor["capture"].rpartition(".")[0] for anchor in claim["at"]]
    while ahead:
        id = ahead.pop()
        if id not in found:
            found.add(id)
            ahead += [origin["what"] for origin in sources.get(id, {}).get("from", [])]
    return found
