#!/usr/bin/env python3
"""ssh-keygen and affiant on each other's signatures, keys and lists of signers."""

import tool

NAMESPACE = "affiant-release"
SIGNED = "tagmanifest-sha256.txt"
SIGNATURE = "tagmanifest-sha256.txt.sig"
SIGNER = "releases@example.org"


def verifies(release, trust, signer, namespace=NAMESPACE):
    """Whether ssh-keygen accepts the signature as of the release's date."""
    return tool.accepts(
        "ssh-keygen", "-Y", "verify", "-f", trust, "-I", signer, "-n", namespace, "-O", "verify-time=20260101000000Z",
        "-s", release / SIGNATURE, stdin=(release / SIGNED).read_bytes(),
    )


def reads_our_signatures(checks, workshop):
    def accepted(release, **other):
        return verifies(release, workshop.trust, "throwaway", **other)

    checks.expect("accepts our signature", accepted(workshop.release))
    checks.expect("refuses it for another namespace", not accepted(workshop.release, namespace="git"))
    for file, what in [(SIGNED, "a byte of the tag manifest"), (SIGNATURE, "a byte of the signature")]:
        changed = workshop.copy(f"changed/{file}")
        tool.change_one_byte(changed / file)
        checks.expect(f"refuses it after {what} was changed", not accepted(changed))

    stranger = workshop.path / "stranger"
    tool.must(tool.THROWAWAY_KEY, stranger)
    known = stranger.with_suffix(".allowed_signers")
    checks.expect("refuses it where another key is trusted", not verifies(workshop.release, known, "throwaway"))


def shares_its_keys(checks, workshop):
    key = workshop.path / "ssh"
    tool.must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", SIGNER, "-f", key)
    release = workshop.cut("ssh-releases", key)
    tagmanifest = workshop.path / SIGNED
    tagmanifest.write_bytes((release / SIGNED).read_bytes())
    tool.must("ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", NAMESPACE, tagmanifest)
    equal = (release / SIGNATURE).read_bytes() == (workshop.path / SIGNATURE).read_bytes()
    checks.expect("signs with its key what we sign, byte for byte", equal)

    return release, key.with_suffix(".pub").read_text().strip()


def locks_keys(checks, workshop):
    """Keys that a passphrase locks, made by either, asked for at a terminal."""
    passphrase = "open, sesame"
    theirs, ours = workshop.path / "theirs", workshop.path / "ours"
    tool.must("ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", SIGNER, "-f", theirs)
    first = ("Passphrase for the new key: ", passphrase)
    made, seen = tool.run_at_terminal(tool.AFFIANT, "keygen", ours, typed=[first, ("The same once more: ", passphrase)])
    checks.expect("and we both lock a key", made == 0 and passphrase.encode() not in seen)
    mistyped, seen = tool.run_at_terminal(tool.AFFIANT, "keygen", workshop.path / "not", typed=[first, ("once more: ", "x")])
    refused = mistyped == 2 and b"differ" in seen and not list(workshop.path.glob("not*"))
    checks.expect("and we make none with a passphrase that was mistyped", refused)
    public = tool.must("ssh-keygen", "-y", "-P", passphrase, "-f", ours).stdout.decode()
    checks.expect("unlocks our key", public == ours.with_suffix(".pub").read_text())
    checks.expect("keeps it locked to another passphrase", not tool.accepts("ssh-keygen", "-y", "-P", "x", "-f", ours))

    for key, whose in [(theirs, "its"), (ours, "our")]:
        out = workshop.path / f"locked-{whose}"

        def release(typed):
            prompt = f"Passphrase for {key}: "
            return tool.run_at_terminal(
                tool.AFFIANT, "release", workshop.dataset, "--version", "1.0.0", "--date", tool.DATE, "--key", key,
                "--out", out, typed=[(prompt, typed)],
            )

        code, seen = release("sesame, open")
        refused = code == 2 and b"the passphrase is wrong" in seen and not out.exists()
        checks.expect(f"and {whose} locked key signs nothing with a wrong passphrase", refused)
        code, seen = release(passphrase)
        signed = code == 0 and passphrase.encode() not in seen
        tool.must("ssh-keygen", "-q", "-p", "-P", passphrase, "-N", "", "-f", key)
        same = signed and tool.same_folders(out / "1.0.0", workshop.cut(f"open-{whose}", key))
        checks.expect(f"and {whose} locked key signs what the same key signs unlocked", same)


def agrees_on_signers(checks, workshop, release, public):
    """Lists of signers that both read alike, as of the release's date."""
    stranger = workshop.path.joinpath("key.pub").read_text().strip()
    lists = {
        "a bare line": (True, f"{SIGNER} {public}"),
        "a comment, a blank line and several principals": (True, f"# whom we trust\n\nother@example.org,{SIGNER} {public}"),
        "a pattern of principals": (True, f"*@example.org {public}"),
        "the right namespace": (True, f'{SIGNER} namespaces="{NAMESPACE}" {public}'),
        "the right namespace among several": (True, f'{SIGNER} namespaces="git,affiant-*" {public}'),
        "another namespace": (False, f'{SIGNER} namespaces="git" {public}'),
        "a key valid at the date": (True, f'{SIGNER} valid-after="20251231Z",valid-before="20260102Z" {public}'),
        "a key valid only before the date": (False, f'{SIGNER} valid-before="20251231Z" {public}'),
        "a key valid only after the date": (False, f'{SIGNER} valid-after="20260102Z" {public}'),
        "all options at once": (True, f'{SIGNER} namespaces="{NAMESPACE}",valid-after="202512312359Z" {public}'),
        "a stranger's key first": (True, f"{SIGNER} {stranger}\n{SIGNER} {public}"),
        "a stranger's key alone": (False, f"{SIGNER} {stranger}"),
    }
    for number, (what, (good, text)) in enumerate(lists.items()):
        trust = workshop.path / f"allowed_signers.{number}"
        trust.write_text(text + "\n")
        theirs = verifies(release, trust, SIGNER)
        ours = tool.run(tool.AFFIANT, "verify", release, "--trust", trust).returncode
        agreed = theirs == good and ours == (0 if good else 1)
        checks.expect(f"and affiant both {'accept' if good else 'refuse'} {what}", agreed)


def main():
    if tool.find("ssh-keygen") is None:
        tool.not_run("ssh-keygen", "it is not on this machine")
    checks = tool.Checks("ssh-keygen")
    with tool.Workshop() as workshop:
        reads_our_signatures(checks, workshop)
        release, public = shares_its_keys(checks, workshop)
        locks_keys(checks, workshop)
        agrees_on_signers(checks, workshop, release, public)
    checks.end()


main()
