# Installs Debian packages, where this is root on Debian or Ubuntu: install_packages NAME ...
install_packages() {
    [ $# -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "install: missing, and not to be installed from here: $*"
        return
    fi
    echo "install: $*"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update >/dev/null || echo "install: apt-get update failed"
    # One by one: Ubuntu has no Chromium package, and shall have the others.
    for package; do
        apt-get -qq install --no-install-recommends "$package" >/dev/null || echo "install: apt-get failed for $package"
    done
}
