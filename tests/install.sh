#!/bin/sh
# Installs what the tests need beyond Rust, make and Python 3, and only what is missing: system packages where this is
# root on Debian or Ubuntu, Python packages in a folder of their own. A test whose client stays missing says NOT RUN.
set -u
venv=${1:-target/venv}
python_packages='bagit==1.9.0 cryptography==50.0.2 duckdb==2.0.0 jsonpatch==1.47 proofbundle==6.3.1 pyarrow==26.0.1'
python_packages="$python_packages sarif-pydantic==0.6.0 securesystemslib==1.6.0 selenium==4.51.0"
# The reference tools of metadata; ro-crate-py 0.15 is the last that has the terms of RO-Crate 1.1.
python_packages="$python_packages frictionless==5.21.0 mlcroissant==1.1.1 roc-validator==0.13.0 rocrate==0.15.0"

packages=
command -v ssh-keygen >/dev/null || packages="$packages openssh-client"
command -v jq >/dev/null || packages="$packages jq"
command -v minisign >/dev/null || packages="$packages minisign"
command -v openssl >/dev/null || packages="$packages openssl"
command -v sqlite3 >/dev/null || packages="$packages sqlite3"
command -v shellcheck >/dev/null || packages="$packages shellcheck"
for packer in zip unzip zstd; do
    command -v $packer >/dev/null || packages="$packages $packer"
done
command -v chromium >/dev/null || packages="$packages chromium"
command -v chromedriver >/dev/null || packages="$packages chromium-driver"
[ "$(uname)" != Linux ] || command -v strace >/dev/null || packages="$packages strace"
python3 -c 'import ensurepip, venv' 2>/dev/null || packages="$packages python3-venv"

# shellcheck source=tests/debian.sh
. "$(dirname "$0")/debian.sh"
# shellcheck disable=SC2086 # a list of words
install_packages $packages

wanted=$venv/$(echo "$python_packages" | cksum | tr ' ' -).installed
if [ ! -e "$wanted" ]; then
    echo "install: $python_packages in $venv"
    # shellcheck disable=SC2086 # a list of words
    { python3 -m venv --clear "$venv" &&
        "$venv/bin/pip" install --quiet --disable-pip-version-check --no-compile $python_packages; } &&
        : >"$wanted" || echo "install: pip failed for $python_packages"
fi
