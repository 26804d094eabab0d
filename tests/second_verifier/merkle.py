"""Merkle trees by section 4 (RFC 6962, section 2.1)."""

from hashlib import sha256

from faults import check


def leaf(line):
    return sha256(b"\0" + line).digest()


def node(left, right):
    return sha256(b"\1" + left + right).digest()


def split(size):
    """The largest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1


def root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256().digest()
    half = split(len(leaves))
    return node(root(leaves[:half]), root(leaves[half:]))


def climb(below, index, size, path):
    """The root to which an inclusion proof leads from a leaf."""
    check(index < size and (size > 1) == bool(path))
    if size == 1:
        return below
    half, beside = split(size), path[-1]
    if index < half:
        return node(climb(below, index, half, path[:-1]), beside)
    return node(beside, climb(below, index - half, size - half, path[:-1]))


def root_before(size, path):
    """The root of all but the last leaf, from the last leaf's inclusion proof in a tree of this size."""
    if size == 1:
        return root([])
    before = path[0]
    for beside in path[1:]:
        before = node(beside, before)
    return before
