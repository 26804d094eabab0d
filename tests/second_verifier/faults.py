"""What ends the work."""

from contextlib import contextmanager

from cryptography.exceptions import InvalidSignature


class Refused(Exception):
    """A finding: a code and a file."""


class Unusable(Exception):
    """Why nothing could be verified."""


def demand(holds, code, file):
    if not holds:
        raise Refused(code, file)


def check(holds, what=None):
    if not holds:
        raise ValueError(what)


@contextmanager
def otherwise(code, file):
    """What does not parse or does not hold in here is a finding with this code."""
    try:
        yield
    except (ValueError, InvalidSignature) as fault:
        raise Refused(code, file) from fault
