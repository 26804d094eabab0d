"""What a reader saw before, the log and its witnesses: step 10, by sections 9 and 11."""

import merkle
from ed25519 import hold, note_id, unbase64
from faults import check, demand, otherwise
from seals import INFO, PROOF, TAGS


def verify(info, digest, seals, reader):
    """Step 10."""
    checkpoint, seen = seals.checkpoint, reader.seen(info["dataset"])
    if reader.own_log:
        demand(merkle.root(leaves(reader.own_log, checkpoint.size) or []) == checkpoint.root, "fork", PROOF)
    if seen:
        old = seen["log"]
        demand(info["seq"] >= seen["seq"], "rollback", INFO)
        demand(info["seq"] > seen["seq"] or digest == seen["tagmanifest_sha256"], "fork", TAGS)
        demand(checkpoint.size >= old["size"], "fork", PROOF)
        if checkpoint.size == old["size"]:
            demand(checkpoint.root.hex() == old["root"], "fork", PROOF)
        elif checkpoint.size == old["size"] + 1 == seals.index + 1:
            demand(merkle.root_before(checkpoint.size, seals.path).hex() == old["root"], "fork", PROOF)
        else:
            hashes = leaves(reader.own_log or reader.log_beside, checkpoint.size)
            demand(hashes is not None, "log-needed", PROOF)
            demand(merkle.root(hashes[:old["size"]]).hex() == old["root"] and merkle.root(hashes) == checkpoint.root, "fork", PROOF)
    signed = 0
    for name, key in reader.witnesses:
        for signature in checkpoint.signatures:
            if signature[:2] == (name, note_id(name, 4, key)):
                with otherwise("log-proof-invalid", PROOF):
                    hold_cosignature(key, signature[2], checkpoint.text)
                signed += 1
    demand(signed >= reader.witnesses_wanted, "witnesses-missing", PROOF)


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


def leaves(folder, size):
    """The first hashes of a log that lies in a folder, or None if it does not hold so many."""
    hashes = b""
    for number in range(-(-size // 256)):
        digits = f"{number:0{-(-max(len(str(number)), 3) // 3) * 3}}"
        groups = [digits[at:at + 3] for at in range(0, len(digits), 3)]
        tile = folder / "tile" / "0" / "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        partial = sorted(tile.with_name(tile.name + ".p").glob("*"), key=lambda file: int(file.name))
        found = tile if tile.is_file() else partial[-1] if partial else None
        hashes += found.read_bytes() if found else b""
    return [hashes[at:at + 32] for at in range(0, size * 32, 32)] if len(hashes) >= size * 32 else None
