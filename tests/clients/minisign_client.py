#!/usr/bin/env python3
"""minisign and affiant on each other's signatures and keys."""

import base64
import json

import tool

SIGNED = "tagmanifest-sha256.txt"
SIGNATURE = "tagmanifest-sha256.txt.minisig"
UNTRUSTED_COMMENT = "signature of an affiant release"


def minisign_key(workshop):
    """The key of the releases as a public and a secret key file of minisign."""
    public = workshop.path / "minisign.pub"
    public.write_bytes(tool.must(tool.AFFIANT, "pubkey", workshop.key, "--as", "minisign").stdout)
    key_id = base64.b64decode(public.read_text().splitlines()[1])[2:10]

    private = base64.b64decode("".join(workshop.key.read_text().splitlines()[1:-1]))
    # The private half is the one string of 64 bytes in an OpenSSH key: the seed and the public key.
    start = private.index(bytes([0, 0, 0, 64])) + 4
    # Algorithm, no password, algorithm of the checksum, and its empty parameters; the checksum stays empty, too.
    content = b"Ed" + bytes(2) + b"B2" + bytes(48) + key_id + private[start:start + 64] + bytes(32)
    secret = workshop.path / "minisign.key"
    secret.write_text(f"untrusted comment: a throwaway key\n{base64.b64encode(content).decode()}\n")
    secret.chmod(0o600)
    return public, secret


def trusted_comment(release):
    """What a release's trusted comment has to repeat of release.json."""
    info = json.loads((release / "release.json").read_bytes())
    claims, statuses = ("{count}:{root}".format(**tree) for tree in [info["records"]["claim"], info["status_tree"]])
    told = " ".join(f"{name}:{info[name]}" for name in ["dataset", "version", "seq", "date", "threshold"])
    return f"{told} claims:{claims} statuses:{statuses}"


def verify(release, public, *options):
    return tool.run("minisign", "-V", *options, "-p", public, "-m", release / SIGNED, "-x", release / SIGNATURE)


def affiant(workshop, release):
    """The exit code of affiant's own verdict, of a reader who saw nothing before."""
    return tool.run(tool.AFFIANT, "verify", release, "--trust", workshop.trust, "--no-state").returncode


def flip_base64(line, at):
    """Changes a line of the signature file that is base64, so that it still is: one bit of what it encodes."""
    def change(lines):
        content = bytearray(base64.b64decode(lines[line]))
        content[at] ^= 1
        lines[line] = base64.b64encode(content).decode()
    return change


def replace(line, old, new):
    def change(lines):
        assert old in lines[line], lines[line]
        lines[line] = lines[line].replace(old, new)
    return change


def change_signature(release, change):
    lines = (release / SIGNATURE).read_text().splitlines()
    change(lines)
    (release / SIGNATURE).write_text("".join(f"{line}\n" for line in lines))


def reads_our_signatures(checks, workshop, public):
    both = verify(workshop.release, public, "-H").returncode == 0 and affiant(workshop, workshop.release) == 0
    checks.expect("and affiant both accept our signature", both)
    told = verify(workshop.release, public, "-Q").stdout.decode().strip()
    checks.expect("tells our trusted comment", told == trusted_comment(workshop.release))

    message = workshop.copy("changed-message")
    tool.change_one_byte(message / SIGNED)
    stranger = workshop.path / "stranger"
    tool.must(tool.THROWAWAY_KEY, stranger)
    theirs = workshop.cut("stranger-releases", stranger)
    spoilt = {"a byte of the tag manifest was changed": message, "another key made the release": theirs}
    changes = {
        "a byte of the signature": flip_base64(1, 10),
        "the key id": flip_base64(1, 2),
        "the algorithm": flip_base64(1, 1),
        "the trusted comment": replace(2, "seq:1 ", "seq:2 "),
        "a byte of the global signature": flip_base64(3, 0),
    }
    for number, (what, change) in enumerate(changes.items()):
        spoilt[f"{what} was changed"] = workshop.copy(f"changed/{number}")
        change_signature(spoilt[f"{what} was changed"], change)
    for what, release in spoilt.items():
        both = verify(release, public).returncode != 0 and affiant(workshop, release) == 1
        checks.expect(f"and affiant both refuse it after {what}", both)


def signs_what_we_sign(checks, workshop, public, secret):
    def sign(release, *options, comment=UNTRUSTED_COMMENT):
        tool.must("minisign", "-S", *options, "-s", secret, "-c", comment, "-t", trusted_comment(release),
                  "-m", release / SIGNED, "-x", release / SIGNATURE)

    ours = (workshop.release / SIGNATURE).read_bytes()
    release = workshop.copy("theirs")
    sign(release)
    checks.expect("signs with our key what we sign, byte for byte", (release / SIGNATURE).read_bytes() == ours)

    legacy = workshop.copy("legacy")
    sign(legacy, "-l")
    strict = verify(legacy, public, "-H").returncode != 0 and affiant(workshop, legacy) == 1
    checks.expect("with -H and affiant both refuse a legacy signature", strict)

    edited = workshop.copy("edited")
    sign(edited, comment="trust this file")
    lenient = verify(edited, public).returncode == 0 and affiant(workshop, edited) == 1
    checks.expect("accepts any untrusted comment, and affiant only its own", lenient)


def main():
    if tool.find("minisign") is None:
        tool.not_run("minisign", "it is not on this machine")
    checks = tool.Checks("minisign")
    with tool.Workshop() as workshop:
        public, secret = minisign_key(workshop)
        reads_our_signatures(checks, workshop, public)
        signs_what_we_sign(checks, workshop, public, secret)
    checks.end()


main()
