"""A second verifier of releases and receipts, written from schemas/SPEC.md and the JSON Schemas beside it alone.

It prints `verified`, `stale`, or `refused CODE FILE` for the first finding, and exits with 0, 1 (stale or refused), or 2
where it could not verify. Sections are those of SPEC.md. It remembers nothing; what a reader saw it takes from `--state`.

*Not checked*: what only warns; that an interval of EDTF does not end before it begins; `--only`; the number of files, the
length of a manifest and the size of a payload file; that an `ext` is declared by a good schema. If that schema uses other
keywords than ours, the exit code is 2.
"""

import argparse
import json
import sys
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path

import history
import receipt
import release
import trust
from faults import Refused, Unusable
from schema import UnknownKeyword


def arguments():
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="second_verifier", description=__doc__, formatter_class=layout)
    parser.add_argument("release", type=Path, help="the folder of a release, or the file of a receipt")
    parser.add_argument("--trust", type=Path, required=True)
    parser.add_argument("--threshold", type=int, default=1, choices=range(1, 2**32), metavar="N")
    parser.add_argument("--at", default=datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
    parser.add_argument("--allow-stale", action="store_true")
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--state", type=Path, help="the folder in which affiant remembers")
    parser.add_argument("--witness", action="append", default=[], type=history.read_witness)
    parser.add_argument("--witnesses", type=int, default=0)
    return parser.parse_args()


def reader(asked):
    """What the arguments say that the reader brings."""
    texts = [file.read_bytes() for file in asked.texts.iterdir() if file.is_file()] if asked.texts else []

    def seen(dataset):
        file = asked.state / f"{dataset}.json" if asked.state else None
        return json.loads(file.read_bytes()) if file and file.is_file() else None

    return release.Reader(
        keys=trust.read(asked.trust.read_bytes()),
        threshold=asked.threshold,
        texts={sha256(text).hexdigest(): text for text in texts},
        seen=seen,
        own_log=asked.log,
        log_beside=asked.release.absolute().parent / "log",
        witnesses=asked.witness,
        witnesses_wanted=asked.witnesses,
    )


def verify(asked):
    if asked.release.is_dir():
        return release.verify(asked.release, reader(asked))
    return receipt.verify(asked.release.read_bytes(), reader(asked))


def main():
    asked = arguments()
    try:
        info = verify(asked)
    except Refused as finding:
        print("refused", *finding.args)
        sys.exit(1)
    except (Unusable, UnknownKeyword, OSError, ValueError) as fault:
        print(f"could not verify: {fault}", file=sys.stderr)
        sys.exit(2)
    # A day lasts up to and with its last second; times of one form sort as they are.
    stale = "fresh_until" in info and asked.at[:10] > info["fresh_until"]
    print("stale" if stale and not asked.allow_stale else "verified")
    sys.exit(stale and not asked.allow_stale)


main()
