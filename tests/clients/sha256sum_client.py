#!/usr/bin/env python3
"""sha256sum on the two manifests of a release."""

import tool

MANIFESTS = {
    "manifest-sha256.txt": "data/claims.jsonl",
    "tagmanifest-sha256.txt": "bag-info.txt",
}


def main():
    if sums := tool.find("sha256sum"):
        check = [sums, "--strict", "-c"]
    elif sums := tool.find("shasum"):
        check = [sums, "-a", "256", "--strict", "-c"]
    else:
        tool.not_run("sha256sum", "neither sha256sum nor shasum is on this machine")
    checks = tool.Checks("sha256sum")
    with tool.Workshop() as workshop:
        for manifest, listed in MANIFESTS.items():
            checks.expect(f"accepts {manifest}", tool.accepts(*check, manifest, cwd=workshop.release))

            changed = workshop.copy(f"changed-{manifest}")
            tool.change_one_byte(changed / listed)
            checks.expect(f"refuses {manifest} with {listed} changed", not tool.accepts(*check, manifest, cwd=changed))

            missing = workshop.copy(f"missing-{manifest}")
            (missing / listed).unlink()
            checks.expect(f"refuses {manifest} with {listed} missing", not tool.accepts(*check, manifest, cwd=missing))
    checks.end()


main()
