"""What a reader saw before, the log and its witnesses: step 10, by sections 9 and 11."""

import re

import merkle
import seals
from ed25519 import hold, note_id, unbase64
from faults import Unusable, check, demand, otherwise
from seals import INFO, PROOF, TAGS


def verify(info, digest, sealed, reader):
    """Step 10."""
    checkpoint, seen = sealed.checkpoint, reader.seen(info["dataset"])
    if reader.own_log:
        demand(has(leaves(reader.own_log), checkpoint.size, checkpoint.root), "fork", PROOF)
    if seen:
        old = seen["log"]
        demand(info["seq"] >= seen["seq"], "rollback", INFO)
        demand(info["seq"] > seen["seq"] or digest == seen["tagmanifest_sha256"], "fork", TAGS)
        demand(checkpoint.size >= old["size"], "fork", PROOF)
        if checkpoint.size == old["size"]:
            demand(checkpoint.root.hex() == old["root"], "fork", PROOF)
        elif checkpoint.size == old["size"] + 1 == sealed.index + 1:
            demand(merkle.root_before(checkpoint.size, sealed.path).hex() == old["root"], "fork", PROOF)
        else:
            log = reader.own_log or reader.log_beside
            demand(log.is_dir(), "log-needed", PROOF)
            hashes = leaves(log)
            demand(has(hashes, checkpoint.size, checkpoint.root), "fork", PROOF)
            demand(has(hashes, old["size"], bytes.fromhex(old["root"])), "fork", PROOF)
    signed = 0
    for name, key in set(reader.witnesses):
        for signature in checkpoint.signatures:
            if signature[:2] == (name, note_id(name, 4, key)):
                with otherwise("log-proof-invalid", PROOF):
                    hold_cosignature(key, signature[2], checkpoint.text)
                signed += 1
    demand(signed >= reader.witnesses_wanted, "witnesses-missing", PROOF)


def has(hashes, size, root):
    """Whether a log had this root when it had this size."""
    return len(hashes) >= size and merkle.root(hashes[:size]) == root


def hold_cosignature(key, content, text):
    check(len(content) == 72)
    time = int.from_bytes(content[:8], "big")
    hold(key, content[8:], f"cosignature/v1\ntime {time}\n{text}".encode())


def read_witness(vkey):
    """The name and the key of a witness's verifier key."""
    name, key_id, encoded = vkey.split("+", 2)
    content = unbase64(encoded, 33)
    key = content[1:]
    check(content[0] == 4 and key_id == note_id(name, 4, key).hex())
    return name, key


def leaves(folder):
    """The hashes of all entries of a log, from its tiles."""
    checkpoint = seals.read_checkpoint((folder / "checkpoint").read_text())
    found = b""
    for number in range(-(-checkpoint.size // 256)):
        name, width = tile_name(number), min(checkpoint.size - 256 * number, 256)
        found += (folder / "tile" / "0" / (name if width == 256 else f"{name}.p/{width}")).read_bytes()
    hashes = [found[at:at + 32] for at in range(0, len(found), 32)]
    if len(hashes) != checkpoint.size or merkle.root(hashes) != checkpoint.root:
        raise Unusable(f"{folder}: the log is damaged")
    return hashes


def tile_name(number):
    """Groups of three digits; those before the last begin with x."""
    groups = re.findall("...", str(number).zfill(-(-len(str(number)) // 3) * 3))
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
