#!/bin/sh
# Gets what only the browser tests need: Chromium and npm from the system's packages, and from npm independent judges:
# an accessibility checker, the public Direct Line client, another maker's web chat and another's SMSC. Only their
# prebuilt files are unpacked, into tests/e2e/node_modules, and only where they are what npm.sha512 says; no dependency
# comes along that is not named there.
set -eu

modules=tests/e2e/node_modules
list=$PWD/requirements/npm.sha512

apt_install() {
    echo "Installing $* with apt-get (about 1 min) ..."
    root=""
    [ "$(id -u)" -eq 0 ] || root=sudo
    if ! { command -v apt-get && { [ -z "$root" ] || command -v "$root"; }; } >/dev/null; then
        echo "Missing for the browser tests: $*. Please install it, and run this again." >&2
        exit 1
    fi
    $root apt-get update -qq
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

# "axe-core-4.14.1.tgz" is the file that npm packs of axe-core@4.14.1.
fetch() {
    while read -r _ tarball; do
        package=${tarball%.tgz}
        npm pack --silent "${package%-*}@${package##*-}" >/dev/null
    done <"$1"
    sha512sum --check --quiet "$1"
}

unpack() {
    for tarball in *.tgz; do
        mkdir "${tarball%-*}"
        tar -xzf "$tarball" -C "${tarball%-*}" --strip-components 1 --exclude '*.map'
        rm "$tarball"
    done
}

command -v chromium >/dev/null || apt_install chromium
if ! cmp -s "$list" "$modules/.installed"; then
    command -v npm >/dev/null || apt_install npm
    echo "Fetching $(wc -l <"$list") npm packages (about 3 s) ..."
    rm -rf "$modules"
    mkdir -p "$modules"
    (
        cd "$modules"
        fetch "$list"
        unpack
    )
    cp "$list" "$modules/.installed"
fi
