#!/bin/sh
# Installs the peers that affiant is raced against, by their ordinary clients and only what is missing: Debian's where this
# is root on Debian or Ubuntu, those of npm, PyPI and Cargo in a folder of their own. What stays missing is named by the benchmark.
set -u
place=${1:-target/bench/peers}
node_packages='ajv@8.20.0 @sourcemeta/jsonschema@16.11.0'
python_packages='bagit==1.9.0 duckdb==2.0.0 jsonschema-rs==0.60.3 polars==2.1.0'

packages=
for tool in git jq minisign openssl rhash hashdeep; do
    command -v $tool >/dev/null || packages="$packages $tool"
done
command -v npm >/dev/null || packages="$packages nodejs npm"
python3 -c 'import ensurepip, venv' 2>/dev/null || packages="$packages python3-venv"

# shellcheck source=tests/debian.sh
. "$(dirname "$0")/../debian.sh"
# shellcheck disable=SC2086 # a list of words
install_packages $packages

# Runs an installation unless the same one has succeeded before: once PACKAGES COMMAND
once() {
    mark=$place/$(echo "$1" | tr ' =/' '___').installed
    [ -e "$mark" ] && return
    echo "install: $1 in $place"
    if "$2" "$1"; then : >"$mark"; else echo "install: failed for $1"; fi
}

# shellcheck disable=SC2086 # a list of words
from_npm() { npm install --silent --no-audit --no-fund --no-save --prefix "$place" $1; }

from_pypi() {
    # shellcheck disable=SC2086 # a list of words
    python3 -m venv --clear "$place/venv" && "$place/venv/bin/pip" install --quiet --disable-pip-version-check $1
}

from_cargo() { cargo install --quiet --locked --root "$place" --target-dir "$place/build" --path "$1"; }

mkdir -p "$place"
once "$node_packages" from_npm
once "$python_packages" from_pypi
once tests/bench/peers/csv_diff from_cargo
