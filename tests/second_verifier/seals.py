"""The four seals by section 7. What may vary in one is taken out; the rest has to be what is spelled from that again."""

import re
from base64 import b64decode
from dataclasses import dataclass
from hashlib import blake2b, sha512

import merkle
from ed25519 import base64, blob, fingerprint, hold, is_point, minisign_id, note_id, string, unbase64
from faults import check, demand, otherwise
from strict_json import read_canonical

TAGS = "tagmanifest-sha256.txt"
INFO, ENVELOPE, PROOF = "release.json", "release.intoto.json", "release.tlog-proof"
FIRST = [f"{TAGS}.sig", f"{TAGS}.minisig", ENVELOPE, PROOF]
FURTHER = re.compile(r"tagmanifest-sha256\.txt\.([0-9a-f]{16})\.(sig|minisig)")
NAMESPACE = "affiant-release"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
COMMENT = re.compile(
    r"dataset:[a-z0-9-]+ version:[0-9A-Za-z.-]+ seq:[0-9]+ date:(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}) threshold:(?P<threshold>[0-9]+) "
    r"claims:(?P<claims>[0-9]+):(?P<claims_root>[0-9a-f]{64}) statuses:(?P<statuses>[0-9]+):(?P<statuses_root>[0-9a-f]{64})")


@dataclass
class Seals:
    """What the seals of a release say, once they hold."""
    comments: dict  # of minisign, by key; the first signer's first
    payload: bytes
    index: int
    path: list
    checkpoint: "Checkpoint"


@dataclass
class Checkpoint:
    """A signed note whose text is a checkpoint."""
    text: str
    origin: str
    size: int
    root: bytes
    signatures: list  # of name, key id and the rest


def read_openssh(content):
    """The key, the namespace and the signature of an OpenSSH signature."""
    check(len(content) <= 4096)
    armor = content.decode()
    inner = b64decode("".join(armor.split("\n")[1:-2]).encode())
    key, signature = inner[33:65], inner[-64:]
    namespace = inner[69:69 + int.from_bytes(inner[65:69], "big")]
    fields = [blob(key), namespace, b"", b"sha512", string(b"ssh-ed25519") + string(signature)]
    lines = re.findall(".{1,70}", base64(b"SSHSIG\0\0\0\1" + b"".join(map(string, fields))))
    check(armor == "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""]) and is_point(key))
    return key, namespace, signature


def hold_openssh(key, namespace, signature, message):
    check(namespace == NAMESPACE.encode())
    fields = [namespace, b"", b"sha512", sha512(message).digest()]
    hold(key, signature, b"SSHSIG" + b"".join(map(string, fields)))


def read_minisign(content):
    """The key id, the signature, the trusted comment and the global signature of a minisign signature."""
    lines = content.decode().split("\n")
    check(len(lines) == 5 and lines[::4] == ["untrusted comment: signature of an affiant release", ""])
    inner, comment = unbase64(lines[1], 74), lines[2].removeprefix("trusted comment: ")
    check(inner[:2] == b"ED" and comment != lines[2] and re.fullmatch("[ -~]*", comment))
    return inner[2:10], inner[10:], comment, unbase64(lines[3], 64)


def hold_minisign(key, seal, message):
    key_id, signature, comment, whole = seal
    check(key_id == minisign_id(key))
    hold(key, signature, blake2b(message).digest())
    hold(key, whole, signature + comment.encode())


def read_envelope(content):
    """The payload and the signatures, by fingerprint, of a DSSE envelope."""
    envelope = read_canonical(content)
    check(type(envelope) is dict and envelope.keys() == {"payload", "payloadType", "signatures"})
    check(envelope["payloadType"] == PAYLOAD_TYPE and type(envelope["payload"]) is str and type(envelope["signatures"]) is list)
    signatures = {}
    for signature in envelope["signatures"]:
        check(type(signature) is dict and signature.keys() == {"keyid", "sig"} and set(map(type, signature.values())) == {str})
        check(re.fullmatch("SHA256:[A-Za-z0-9+/]{43}", signature["keyid"]))
        signatures[signature["keyid"]] = unbase64(signature["sig"], 64)
    check(1 <= len(signatures) <= 16 and list(signatures) == sorted(signatures))
    check(len(signatures) == len(envelope["signatures"]))
    return unbase64(envelope["payload"]), signatures


def hold_envelope(keys, payload, signatures):
    check(signatures.keys() == set(map(fingerprint, keys)))
    for key in keys:
        hold(key, signatures[fingerprint(key)], f"DSSEv1 28 {PAYLOAD_TYPE} {len(payload)} ".encode() + payload)


def read_proof(content):
    """The index, the path and the checkpoint of a proof of the log."""
    head, _, note = content.decode().partition("\n\n")
    first, index, *path = head.split("\n")
    check(first == "c2sp.org/tlog-proof@v1" and re.fullmatch("index (0|[1-9][0-9]{0,18})", index))
    return int(index[6:]), [unbase64(line, 32) for line in path], read_checkpoint(note)


def read_checkpoint(note):
    text, _, below = note.partition("\n\n")
    lines, signatures = text.split("\n"), below.split("\n")
    check(signatures.pop() == "" and 1 <= len(signatures) <= 16 and len(lines) == 3)
    origin, size, root = lines
    check(origin and not re.search(r"[\s+]", origin) and re.fullmatch("0|[1-9][0-9]{0,18}", size))
    parsed = [re.fullmatch(r"— ([^\s+]+) (\S+)", line) for line in signatures]
    check(all(parsed))
    named = [(match[1], *halves(unbase64(match[2]))) for match in parsed]
    check(len({signature[:2] for signature in named}) == len(named))
    return Checkpoint(text + "\n", origin, int(size), unbase64(root, 32), named)


def halves(signature):
    check(len(signature) > 4)
    return signature[:4], signature[4:]


def hold_checkpoint(key, checkpoint):
    """The first signer's signature, under the name that is the origin."""
    wanted = checkpoint.origin, note_id(checkpoint.origin, 1, key)
    signatures = [rest for *name, rest in checkpoint.signatures if tuple(name) == wanted]
    check(signatures)
    hold(key, signatures[0], checkpoint.text.encode())


def verify(files):
    """Step 2, but for the question whether the keys are trusted."""
    demand(TAGS in files, "tag-file-missing", TAGS)
    for name in FIRST:
        demand(name in files, "signature-missing", name)
    message = files[TAGS]
    further = sorted({name.removesuffix(".sig").removesuffix(".minisig") for name in files if FURTHER.fullmatch(name)})
    comments = {}
    for sig, minisig in [(f"{name}.sig", f"{name}.minisig") for name in [TAGS, *further]]:
        demand(sig in files, "signature-missing", sig)
        demand(minisig in files, "signature-missing", minisig)
        with otherwise("signature-malformed", sig):
            key, *rest = read_openssh(files[sig])
            check(key not in comments and (sig == FIRST[0] or FURTHER.fullmatch(sig)[1] == minisign_id(key).hex()))
        with otherwise("signature-malformed", minisig):
            seal = read_minisign(files[minisig])
        with otherwise("signature-invalid", TAGS):
            hold_openssh(key, *rest, message)
        with otherwise("signature-invalid", TAGS):
            hold_minisign(key, seal, message)
        comments[key] = seal[2]
    with otherwise("signature-malformed", ENVELOPE):
        payload, signatures = read_envelope(files[ENVELOPE])
    with otherwise("signature-invalid", ENVELOPE):
        hold_envelope(comments, payload, signatures)
    with otherwise("signature-malformed", PROOF):
        index, path, checkpoint = read_proof(files[PROOF])
    with otherwise("signature-invalid", PROOF):
        hold_checkpoint(next(iter(comments)), checkpoint)
    with otherwise("log-proof-invalid", PROOF):
        check(merkle.climb(merkle.leaf(message), index, checkpoint.size, path) == checkpoint.root)
    return Seals(comments, payload, index, path, checkpoint)
