"""Paths and manifests by section 5."""

import re
import unicodedata

from faults import check

UNSEEN = re.compile(
    "[\0-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    "\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U000110bd\U000110cd\U00013430-\U0001345f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]")
DEVICE = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE | re.DOTALL)
NOT_SAFE = re.compile(r'["$%*:<>?\\|\ud800-\udfff]')


def is_safe(path):
    return (not NOT_SAFE.search(path) and not UNSEEN.search(path) and path == unicodedata.normalize("NFC", path)
            and len(path.encode()) <= 1024 and not path.startswith("~") and all(map(is_safe_component, path.split("/"))))


def is_safe_component(name):
    return 1 <= len(name.encode()) <= 255 and name[0] != " " and name[-1] not in ". " and not DEVICE.fullmatch(name)


def folded(path):
    """What twins have in common."""
    upper = "".join(map(str.upper, unicodedata.normalize("NFD", path)))
    return unicodedata.normalize("NFC", "".join(map(str.lower, upper)))


def read_manifest(content):
    """The digests that a manifest lists, by path."""
    lines = content.decode().split("\n")
    check(lines.pop() == "")
    digests = {line[66:]: line[:64] for line in lines}
    paths = [path.encode() for path in digests]
    check(len(digests) == len(lines) and paths == sorted(paths) and all(map(is_safe, digests)))
    check(all(re.fullmatch("[0-9a-f]{64}  ", line[:66]) for line in lines))
    return digests
