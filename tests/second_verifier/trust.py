"""Whom a reader trusts, by section 8: an OpenSSH allowed_signers file."""

import re
from collections import defaultdict

from dates import is_day
from ed25519 import blob, is_point, unbase64
from faults import check
from seals import NAMESPACE

WORD = r'(?:[^ \t"]|"[^"]*")+'
KEYTYPE = r'(?:ssh-|ecdsa-sha2-|sk-ssh-|sk-ecdsa-sha2-|rsa-sha2-)(?:[^ \t"]|"[^"]*")*'
LINE = re.compile(rf"{WORD}[ \t]+(?:(?!{KEYTYPE})(?P<options>{WORD})[ \t]+)?(?P<type>{KEYTYPE})[ \t]+(?P<key>{WORD})(?:[ \t].*)?")
OPTION = re.compile(r'(namespaces|valid-after|valid-before)="([^"]*)"', re.IGNORECASE)


def read(content):
    """For each trusted key what its lines ask: pairs of namespace patterns and a term."""
    check(len(content) <= 2**24)
    keys = defaultdict(list)
    for line in content.decode().split("\n"):
        line = line.strip(" \t\r")
        if line and not line.startswith("#"):
            parsed = LINE.fullmatch(line)
            check(parsed and "-cert-" not in parsed["type"], line)
            options = read_options(parsed["options"])
            if parsed["type"] == "ssh-ed25519":
                key = unbase64(parsed["key"])[-32:]
                check(unbase64(parsed["key"]) == blob(key) and is_point(key), line)
                keys[key].append(options)
    return keys


def read_options(text):
    options = {name.lower(): value for name, value in OPTION.findall(text or "")}
    check(text is None or re.fullmatch(f"{OPTION.pattern}(,{OPTION.pattern})*", text, re.IGNORECASE))
    check(len(options) == len(OPTION.findall(text or "")))
    after, before = (moment(options[name]) if name in options else None for name in ["valid-after", "valid-before"])
    check(after is None or before is None or after < before)
    return options.get("namespaces", "*").split(","), after or "", before or "9" * 14


def moment(text):
    """A time as 14 digits, which sort as the times do."""
    check(re.fullmatch("[0-9]{8}(([01][0-9]|2[0-3])[0-5][0-9]([0-5][0-9])?)?Z?", text))
    check(is_day(f"{text[:4]}-{text[4:6]}-{text[6:8]}"))
    return text.rstrip("Z").ljust(14, "0")


def is_good(lines, day):
    """Whether one of a key's lines allows it to sign releases on a day."""
    moment = day.replace("-", "") + "000000"
    return any(allows(patterns) and after <= moment <= before for patterns, after, before in lines)


def allows(patterns):
    matching = [pattern for pattern in patterns if matches(pattern.removeprefix("!"))]
    return bool(matching) and not any(pattern.startswith("!") for pattern in matching)


def matches(pattern):
    wild = {"*": ".*", "?": "."}
    return re.fullmatch("".join(wild.get(character, re.escape(character)) for character in pattern), NAMESPACE)
