"""Strict Ed25519 by section 7, and the forms in which keys are named there."""

from base64 import b64decode, b64encode
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from faults import check

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P


def is_point(encoded):
    """Whether 32 bytes are the canonical encoding of a point of the curve that is not of small order."""
    y = int.from_bytes(encoded, "little") & (1 << 255) - 1
    on_curve = pow((y**2 - 1) * (D * y**2 + 1), (P - 1) // 2, P) <= 1
    # The eight points of small order have y = 0, y² = 1, or dy⁴ + 2y² = 1.
    return len(encoded) == 32 and y < P and on_curve and y * (y**2 - 1) * (D * y**4 + 2 * y**2 - 1) % P != 0


def hold(key, signature, message):
    """Raises unless the signature holds; that S is in range and R as computed, asks the library."""
    check(is_point(key) and is_point(signature[:32]))
    Ed25519PublicKey.from_public_bytes(key).verify(signature, message)


def string(content):
    return len(content).to_bytes(4, "big") + content


def blob(key):
    return string(b"ssh-ed25519") + string(key)


def fingerprint(key):
    return "SHA256:" + base64(sha256(blob(key)).digest()).rstrip("=")


def minisign_id(key):
    return sha256(key).digest()[:8]


def note_id(name, kind, key):
    return sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]


def base64(content):
    return b64encode(content).decode()


def unbase64(text, size=None):
    content = b64decode(text.encode())
    check(base64(content) == text and size in (None, len(content)))
    return content
