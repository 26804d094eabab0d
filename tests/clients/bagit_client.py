#!/usr/bin/env python3
"""bagit.py, the Library of Congress's validator of BagIt folders, on a release."""

import tool


def main():
    bagit = tool.find("bagit.py")
    if bagit is None:
        tool.not_run("bagit", "bagit.py is not on this machine")
    checks = tool.Checks("bagit.py")
    with tool.Workshop() as workshop:
        def valid(release):
            return tool.accepts(bagit, "--validate", "--quiet", release)

        checks.expect("accepts a release", valid(workshop.release))
        for file in ["data/claims.jsonl", "data/schemas/claim.schema.json", "release.json", "bag-info.txt"]:
            changed = workshop.copy(f"changed/{file}")
            tool.change_one_byte(changed / file)
            checks.expect(f"refuses a release with {file} changed", not valid(changed))

            missing = workshop.copy(f"missing/{file}")
            (missing / file).unlink()
            checks.expect(f"refuses a release with {file} missing", not valid(missing))

        extra = workshop.copy("extra")
        (extra / "data" / "extra.txt").write_text("nobody signed this\n")
        checks.expect("refuses a release with a payload file too many", not valid(extra))
    checks.end()


main()
