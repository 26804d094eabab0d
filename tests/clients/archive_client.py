#!/usr/bin/env python3
"""zip, unzip, tar, zstd and Python's own modules: they unpack what we pack, and we verify what they pack."""

import datetime
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import tool

NAME = "dataset-1.0.0"
MOST_MIB = 512
GIB = 1 << 30


def tree(folder):
    """Every file below a folder and its bytes, every folder and nothing."""
    return {path.relative_to(folder): path.is_file() and path.read_bytes() for path in sorted(folder.rglob("*"))}


def verdict(workshop, archive):
    """Exit code and output of our verifier."""
    ended = tool.run(tool.AFFIANT, "verify", archive, "--trust", workshop.trust)
    return ended.returncode, (ended.stdout + ended.stderr).decode()


def has(*clients):
    """Whether the clients are on this machine; if not, says so."""
    for client in clients:
        if tool.find(client) is None:
            print(f"NOT RUN: {client} (it is not on this machine)")
            return False
    return True


def pack(workshop, name):
    archive = workshop.path / name
    tool.must(tool.AFFIANT, "pack", workshop.release, "--out", archive)
    return archive


def reads_ours(checks, workshop):
    whole = tree(workshop.release)
    day = datetime.date.fromisoformat(tool.DATE)
    zipped, tarred, packed = (pack(workshop, f"ours{ending}") for ending in (".zip", ".tar", ".tar.zst"))

    def unpacked_by(what, *command):
        out = workshop.path / what.replace(" ", "-")
        out.mkdir()
        holds = tool.accepts(*command, cwd=out) and os.listdir(out) == [NAME] and tree(out / NAME) == whole
        checks.expect(f"{what} unpacks what we packed, and it verifies", holds and verdict(workshop, out / NAME)[0] == 0)

    if has("unzip"):
        checks.expect("unzip -t finds nothing wrong with our zip", tool.accepts("unzip", "-t", zipped))
        unpacked_by("unzip", "unzip", "-q", zipped)
    if has("tar"):
        unpacked_by("tar", "tar", "-xf", tarred)
    if has("zstd"):
        checks.expect("zstd -t finds nothing wrong with our tar.zst", tool.accepts("zstd", "-t", packed))
        plain = tool.must("zstd", "-dc", packed).stdout
        checks.expect("zstd unpacks our tar.zst to our tar", plain == tarred.read_bytes())
    if has("tar", "zstd"):
        unpacked_by("tar --zstd", "tar", "--zstd", "-xf", packed)

    with zipfile.ZipFile(zipped) as archive:
        infos = archive.infolist()
        fixed = all(info.date_time == (day.year, day.month, day.day, 0, 0, 0) and not info.extra for info in infos)
        modes = {info.external_attr >> 16 for info in infos}
        names = [info.filename.removeprefix(NAME + "/").rstrip("/") for info in infos]
        checks.expect("zipfile finds nothing wrong", archive.testzip() is None)
        checks.expect("zipfile sees one date and two modes", fixed and modes == {0o100644, 0o040755})
        checks.expect("zipfile sees sorted names", names == sorted(names) and len(names) == len(whole) + 1)
    with tarfile.open(tarred) as archive:
        members = archive.getmembers()
        midnight = datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.timezone.utc).timestamp()
        owners = {(member.uid, member.gid, member.uname, member.gname, member.mtime) for member in members}
        modes = {(member.isdir(), member.mode) for member in members}
        checks.expect("tarfile sees no owner and one date", owners == {(0, 0, "", "", midnight)})
        checks.expect("tarfile sees two modes", modes == {(False, 0o644), (True, 0o755)})


def zip_by_python(release, path, **options):
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(release.rglob("*")):
            name = str(file.relative_to(release.parent))
            if file.is_dir():
                archive.write(file, name)
                continue
            info = zipfile.ZipInfo.from_file(file, name)
            info.compress_type = options.get("method", zipfile.ZIP_DEFLATED)
            with archive.open(info, "w", force_zip64=options.get("zip64", False)) as out:
                out.write(file.read_bytes())


def tar_by_python(release, path, form):
    with tarfile.open(path, "w", format=form) as archive:
        archive.add(release, release.name)


def packed_by_others(workshop):
    """What others made of the release, by how they made it."""
    release, where = workshop.release, workshop.path
    archives = {}

    def made(what, name, *command, pipe=None):
        archives[what] = where / name
        command = [str(word).replace("OUT", str(where / name)) for word in command]
        ended = tool.must(*command, cwd=release.parent)
        if pipe:
            (where / name).write_bytes(ended.stdout)

    if has("zip"):
        made("zip -r", "theirs.zip", "zip", "-qr", "OUT", release.name)
        made("zip -r without folders", "folders.zip", "zip", "-qrD", "OUT", release.name)
        made("zip -r without packing", "stored.zip", "zip", "-qr0", "OUT", release.name)
        made("zip -r into a pipe", "pipe.zip", "zip", "-qr", "-", release.name, pipe=True)
        made("zip -r without extra fields", "bare.zip", "zip", "-qrX", "OUT", release.name)
    if has("tar"):
        for form in ["gnu", "ustar", "pax"]:
            made(f"tar --format={form}", f"{form}.tar", "tar", f"--format={form}", "-cf", "OUT", release.name)
    if has("tar", "zstd"):
        made("tar --zstd", "theirs.tar.zst", "tar", "--zstd", "-cf", "OUT", release.name)
        made("tar and zstd --ultra", "ultra.tar.zst", "tar", "-I", "zstd --ultra -22 -T2", "-cf", "OUT", release.name)
    for what, options in {"zipfile": {}, "zipfile with zip64": {"zip64": True},
                          "zipfile without packing": {"method": zipfile.ZIP_STORED}}.items():
        archives[what] = where / f"{what.replace(' ', '-')}.zip"
        zip_by_python(release, archives[what], **options)
    for what, form in {"pax": tarfile.PAX_FORMAT, "gnu": tarfile.GNU_FORMAT, "ustar": tarfile.USTAR_FORMAT}.items():
        archives[f"tarfile ({what})"] = where / f"tarfile-{what}.tar"
        tar_by_python(release, where / f"tarfile-{what}.tar", form)
    return archives


def takes_theirs(checks, workshop):
    for what, archive in packed_by_others(workshop).items():
        exit_code, said = verdict(workshop, archive)
        print("" if exit_code == 0 else said, end="")
        checks.expect(f"{what}: we verify it", exit_code == 0 and said.endswith("verified\n"))


def refuses_theirs(checks, workshop):
    release, where = workshop.copy("spoilt"), workshop.path

    def refused(what, archive, code):
        exit_code, said = verdict(workshop, archive)
        checks.expect(f"{what}: we refuse it ({code})", exit_code == 1 and f"error[{code}]" in said)

    (release / "data" / "alias").symlink_to("claims.jsonl")
    tar_by_python(release, where / "link.tar", tarfile.PAX_FORMAT)
    refused("a link in a tar", where / "link.tar", "folder-unsafe")
    if has("zip"):
        tool.must("zip", "-qry", where / "link.zip", release.name, cwd=release.parent)
        refused("a link in a zip", where / "link.zip", "folder-unsafe")
        tool.must("zip", "-qr", "-P", "secret", where / "locked.zip", release.name, cwd=workshop.release.parent)
        refused("a locked zip", where / "locked.zip", "folder-unsafe")
    if has("tar"):
        tool.must("tar", "-cf", where / "twice.tar", release.name, release.name, cwd=workshop.release.parent)
        refused("a tar with everything twice", where / "twice.tar", "folder-unsafe")
        tool.must("tar", "-cf", where / "dot.tar", f"./{release.name}", cwd=workshop.release.parent)
        refused("a tar of ./1.0.0", where / "dot.tar", "folder-unsafe")
        sparse = release / "data" / "sparse"
        with open(sparse, "wb") as file:
            file.truncate(1 << 20)
        for form in ["gnu", "pax"]:
            archive = where / f"sparse-{form}.tar"
            if tool.accepts("tar", "--sparse", f"--format={form}", "-cf", archive, release.name, cwd=release.parent):
                refused(f"a sparse file in a tar ({form})", archive, "folder-unsafe")
    with zipfile.ZipFile(where / "method.zip", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("1.0.0/release.json", b"{}")
    refused("a zip packed by bzip2", where / "method.zip", "archive-malformed")
    with zipfile.ZipFile(where / "noted.zip", "w") as archive:
        archive.writestr("1.0.0/release.json", b"{}")
        archive.comment = b"a note"
    refused("a zip with a comment", where / "noted.zip", "archive-malformed")
    with zipfile.ZipFile(where / "many.zip", "w") as archive:
        for number in range(70_000):
            archive.writestr(f"1.0.0/{number}", b"")
    refused("a zip of 70,000 files that nobody signed", where / "many.zip", "tag-file-missing")
    if has("zstd"):
        frame = tool.must("zstd", "-qc", where / "tarfile-pax.tar").stdout
        (where / "frames.tar.zst").write_bytes(frame + frame)
        refused("two Zstandard frames", where / "frames.tar.zst", "archive-malformed")


def peak(workshop, archive):
    """Exit code, output and largest resident set in MiB of our verifier."""
    command = [str(word) for word in (tool.AFFIANT, "verify", archive, "--trust", workshop.trust)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, output, usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


class Zeros:
    """A file of zeros that takes no room."""

    def __init__(self, length):
        self.left = length

    def read(self, length):
        given = min(length, self.left)
        self.left -= given
        return bytes(given)


def survives_bombs(checks, workshop):
    def survived(what, archive, code):
        exit_code, said, mib = peak(workshop, archive)
        refused = exit_code == 1 and f"error[{code}]" in said
        checks.expect(f"{what}: refused ({code}) within {mib:.0f} MiB of {MOST_MIB}", refused and mib <= MOST_MIB)
        archive.unlink()

    info = tarfile.TarInfo("1.0.0/data/claims.jsonl")
    info.size = 2 * GIB
    if has("zstd"):
        archive = workshop.path / "bomb.tar.zst"
        with open(archive, "wb") as out:
            process = subprocess.Popen(["zstd", "-qc"], stdin=subprocess.PIPE, stdout=out)
            with tarfile.open(fileobj=process.stdin, mode="w|") as tar:
                tar.addfile(info, Zeros(info.size))
            process.stdin.close()
            process.wait()
        survived("a tar.zst of 2 GiB", archive, "folder-limit")
    archive = workshop.path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        with out.open("1.0.0/bag-info.txt", "w", force_zip64=True) as file:
            shutil.copyfileobj(Zeros(2 * GIB), file, 1 << 20)
    survived("a zip of 2 GiB", archive, "folder-limit")
    for count, code in [(20_000, "folder-unsafe"), (30_000, "folder-limit")]:
        archive = workshop.path / "names.tar"
        with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
            for number in range(count):
                tar.addfile(tarfile.TarInfo(f"1.0.0/{'n' * 3000}{number}"))
        survived(f"a tar of {count:,} long names", archive, code)


def main():
    checks = tool.Checks("archives")
    with tool.Workshop() as workshop:
        reads_ours(checks, workshop)
        takes_theirs(checks, workshop)
        refuses_theirs(checks, workshop)
        survives_bombs(checks, workshop)
    checks.end()


main()
