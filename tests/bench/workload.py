"""The workload of a race: two versions of a dataset with a key to every change, and what the races make of them.

Everything is made once and kept in target/bench until what it is made from changes.
"""

import functools
import hashlib
import itertools
import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import traps
from project import AFFIANT, BENCH, DATE, EXAMPLES, ROOT, THROWAWAY_KEY, binary, must

CLAIMS_PER_SOURCE = 10
MOST_SOURCES = 100_000
# Changes between a release and the one with few changes.
FEW = 20
# Valid claims of a mixed file, and those between two odd ones.
VALID, VALID_BETWEEN = 5_000, 20


def digest_of(*files):
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def make(folder, recipe, maker):
    """Has `maker` fill a folder, unless it was filled by the same recipe before."""
    mark = folder.with_name(folder.name + ".recipe")
    if folder.exists() and mark.exists() and mark.read_text() == recipe:
        return folder
    mark.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    maker(folder)
    mark.write_text(recipe)
    return folder


def link(folder, to, leave_out=()):
    """A copy of a folder whose files are hard links, without some of its entries."""
    def ignored(path, names):
        return [name for name in names if Path(path) == folder and name in leave_out]

    shutil.copytree(folder, to, copy_function=os.link, ignore=ignored, dirs_exist_ok=True)


@dataclass
class Mixed:
    """A file in which some lines must be refused; by their numbers, what is wrong with each, and what is odd about some
    of the others."""

    what: str
    file: Path
    refused: dict = field(default_factory=dict)
    odd: dict = field(default_factory=dict)


def is_json(line):
    try:
        json.loads(line, parse_constant=int)
    except ValueError:
        return False
    return True


class Workload:
    """A workload of so many claims."""

    def __init__(self, claims):
        self.claims = claims
        self.sources = min(max(claims // CLAIMS_PER_SOURCE, 1), MOST_SOURCES)
        self.place = BENCH / "workloads" / str(claims)
        self.folder = self._generated()
        self.v1, self.v2 = self.folder / "v1", self.folder / "v2"
        self.dataset_json = self.v1 / "dataset.json"

    def _generated(self):
        generator = ROOT / "tests" / "workload"
        arguments = ["--claims", self.claims, "--sources", self.sources, "--seed", 1]
        recipe = f"{digest_of(*sorted(generator.glob('*.rs')))} {arguments}"

        def generate(folder):
            must(EXAMPLES / "workload", *arguments, "--out", folder)

        return make(self.place / "dataset", recipe, generate)

    @functools.cached_property
    def recipe(self):
        return (self.place / "dataset.recipe").read_text()

    @functools.cached_property
    def release_recipe(self):
        return f"{self.recipe} {binary()}"

    @functools.cached_property
    def key(self):
        """What was planted: `answer_key.json`."""
        return json.loads((self.folder / "answer_key.json").read_text())

    @functools.cached_property
    def texts(self):
        """The digest of each text by its capture, from Python's hashlib."""
        return {file.stem: hashlib.sha256(file.read_bytes()).hexdigest() for file in (self.v1 / "texts").iterdir()}

    def lines(self, version):
        """The claims of a version in one file, as peers take them; affiant tells by the folder what it holds."""
        def join(folder):
            with (folder / "claims.jsonl").open("wb") as out:
                for file in sorted((self.folder / version / "claims").iterdir()):
                    with file.open("rb") as claims:
                        shutil.copyfileobj(claims, out, 1 << 20)

        return make(self.place / f"claims-{version}", self.recipe, join) / "claims.jsonl"

    @functools.cached_property
    def mixed(self):
        """Claims that must be refused among valid ones, plain and odd: a file of lines that are no JSON, and one of
        records that break the schema."""
        odd = self._faults("tricky_valid")
        invalid = self._faults("invalid")
        broken = {line: name for line, name in invalid.items() if not is_json(line)}
        others = {line: name for line, name in invalid.items() if is_json(line)}
        return [self._mixed("not JSON", broken, {}), self._mixed("schema", others, odd)]

    def _faults(self, name):
        """Lines, and what is wrong or odd about each."""
        names = json.loads((self.folder / f"{name}_key.json").read_text())
        lines = (self.folder / f"{name}.jsonl").read_bytes().split(b"\n")[:-1]
        return {line: names[str(number)] for number, line in enumerate(lines, 1)}

    def _mixed(self, what, refused, odd):
        with self.lines("v1").open("rb") as lines:
            valid = iter(list(itertools.islice(lines, VALID)))
        mixed = Mixed(what, self.place / f"{what.replace(' ', '-')}.jsonl")
        out = []
        for faults, key in ((refused, mixed.refused), (odd, mixed.odd)):
            for line, name in faults.items():
                out += [*itertools.islice(valid, VALID_BETWEEN), line + b"\n"]
                key[len(out)] = name
        mixed.file.write_bytes(b"".join([*out, *valid]))
        return mixed

    @functools.cached_property
    def tampered(self):
        """A dataset whose claims all have a wrong anchor, and their ids."""
        def fill(folder):
            link(self.v1, folder, leave_out=["claims"])
            os.link(self.folder / "tampered.jsonl", folder / "claims.jsonl")

        ids = json.loads((self.folder / "tampered_key.json").read_text())
        return make(self.place / "tampered", self.recipe, fill), set(ids)

    @functools.cached_property
    def traps(self):
        """Two datasets of the same surroundings, whose claims are traps."""
        def fill(folder):
            with self.lines("v1").open("rb") as lines:
                claim = next(claim for claim in map(json.loads, lines) if is_plain(claim))
            for name in ("old", "new"):
                link(self.v1, folder / name, leave_out=["claims", "texts"])
                withhold_texts(self.v1 / "sources.jsonl", folder / name / "sources.jsonl")
            traps.write(claim, folder / "old", folder / "new")

        folder = make(self.place / "traps", f"{self.recipe} {digest_of(Path(traps.__file__))}", fill)
        return traps.Traps(folder / "old", folder / "new")

    @functools.cached_property
    def signer(self):
        def generate(folder):
            must(THROWAWAY_KEY, folder / "key")
            minisign = must(AFFIANT, "pubkey", folder / "key.pub", "--as", "minisign")
            (folder / "minisign.pub").write_bytes(minisign.stdout)

        return make(BENCH / "signer", "a throwaway key", generate) / "key"

    @property
    def trust(self):
        return self.signer.with_name("key.allowed_signers")

    @property
    def minisign_key(self):
        return self.signer.with_name("minisign.pub")

    def cut(self, dataset, version, out):
        """The command that cuts a release."""
        return [AFFIANT, "release", dataset, "--version", version, "--date", DATE, "--key", self.signer, "--out", out]

    def release(self, number):
        """A release of version 1 or 2."""
        def cut(folder):
            must(*self.cut(self.folder / f"v{number}", f"{number}.0.0", folder))

        return make(self.place / f"release-{number}", self.release_recipe, cut) / f"{number}.0.0"

    def few(self):
        """A release that differs from release 1 in the stance of `FEW` claims."""
        def cut(folder):
            before = self.release(1) / "data"
            dataset = self.place / "few-dataset"
            shutil.rmtree(dataset, ignore_errors=True)
            link(before, dataset, leave_out=["claims.jsonl"])
            turned = turn_stances(before / "claims.jsonl", dataset / "claims.jsonl", self.claims // FEW)
            must(*self.cut(dataset, "2.0.0", folder))
            shutil.rmtree(dataset)
            (folder / "turned.json").write_text(json.dumps(turned))

        return make(self.place / "few", f"{self.release_recipe} {FEW}", cut) / "2.0.0"

    @functools.cached_property
    def turned(self):
        """The claims that differ there."""
        return set(json.loads((self.few().parent / "turned.json").read_text()))

    def without_chunks(self, release):
        """A copy of a release that does not list its chunks, so that a diff reads it whole."""
        def strip(folder):
            link(release, folder / release.name)
            (folder / release.name / "data" / "chunks.jsonl").unlink()

        return make(self.place / f"whole-{release.name}", f"{self.release_recipe} {FEW}", strip) / release.name


def is_plain(claim):
    """Whether a claim holds one exact number and nothing that may be missing."""
    return claim.get("value", {}).get("qual") == "exact" and "note" not in claim and "links" not in claim


def withhold_texts(old, new):
    """Copies sources so that their texts need not be there."""
    new.unlink()
    new.write_bytes(old.read_bytes().replace(b'"text":"included","license":"CC-BY-4.0"', b'"text":"withheld"'))


def turn_stances(old, new, step):
    """Copies claims, and turns one in `step` of them into a denial; the ids of these."""
    asserts, denies = b'"stance":"asserts"', b'"stance":"denies"'
    turned = []
    with old.open("rb") as lines, new.open("wb") as out:
        for number, line in enumerate(lines):
            if len(turned) < FEW and number >= len(turned) * step and asserts in line:
                line = line.replace(asserts, denies, 1)
                turned.append(json.loads(line)["id"])
            out.write(line)
    assert len(turned) == FEW, f"{len(turned)} claims turned"
    return turned
