"""Verify: a release as it came, all of it."""

import contextlib
import shlex

import peer
from goal import Faster, Peak, Within, memory_bound
from project import AFFIANT, change_one_byte
from race import Answer, Probe, Race, Racer, ends_well, last_line, says_nothing, shell


def races(workload, threads):
    release = workload.release(1)
    folder, key = shlex.quote(str(release)), shlex.quote(str(workload.minisign_key))

    @contextlib.contextmanager
    def spoilt():
        text = min((release / "data" / "texts").iterdir())
        change_one_byte(text)
        try:
            yield
        finally:
            change_one_byte(text)

    def racer(name, command, judge=ends_well, **more):
        return Racer(name, command, judge, [Probe(command, finds_it, spoilt)], **more)

    files = f"cd {folder} && find . -type f -print0 | xargs -0 -P{threads} -n 200"
    seals = f"cd {folder} && minisign -Vqm tagmanifest-sha256.txt -p {key} && sha256sum --quiet -c tagmanifest-sha256.txt"
    affiant = [AFFIANT, "verify", release, "--threads", threads, "--trust", workload.trust, "--no-state"]
    validate = [AFFIANT, "validate", "--threads", threads, "--kind", "claim", "--dataset", workload.dataset_json]
    hashing, validating = "openssl dgst, xargs", "affiant validate, the same claims"
    racers = [
        racer("affiant", affiant, is_verified),
        racer("bagit.py --validate", [peer.BAGIT, "--validate", "--quiet", "--processes", threads, release], needs="bagit"),
        racer("sha256sum -c + minisign", shell(f"{seals} && sha256sum --quiet -c manifest-sha256.txt"), needs="minisign"),
        Racer("sha256sum, xargs", shell(f"{files} sha256sum"), says_nothing, needs="GNU coreutils"),
        Racer(hashing, shell(f"{files} openssl dgst -sha256 -r"), says_nothing, needs="openssl"),
        Racer(validating, [*validate, release / "data" / "claims.jsonl"]),
        Racer("reading alone", shell(f"{files} cat >/dev/null"), says_nothing),
    ]
    size = sum(file.stat().st_size for file in release.rglob("*") if file.is_file())
    goals = [
        Faster("bagit.py --validate", 10, limit=(hashing, validating)),
        Faster("sha256sum -c + minisign", 3, limit=(hashing, validating)),
        Within(1.3, ["sha256sum, xargs", hashing], limit=(hashing, validating)),
        Peak(memory_bound(workload.claims)),
    ]
    return [Race("verify", "verify a release, all steps", size, racers, goals, reads=[release])]


def is_verified(run):
    """The judge of affiant's verdict: accepted, with every anchor held against its bytes."""
    verdict = "".join(run.lines())
    is_whole = verdict.endswith("\nverified\n") and "canonical, valid, roots agree" in verdict and "not at hand" not in verdict
    return Answer(run.exit == 0 and is_whole, "" if is_whole else f"exit {run.exit}: {last_line(run)}")


def finds_it(run):
    """The judge of a run over a release in which one byte of a text is another."""
    return Answer(run.exit != 0, "finds a changed byte" if run.exit != 0 else "misses a changed byte")
