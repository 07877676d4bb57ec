#!/bin/sh
# Brings .venv to the level asked for: run, dev (run and the tests) or e2e (dev and the browser driver).
# A level already there is kept: `make run` after `make test` takes nothing away.
# The stamp of a level is a copy of the lock it was installed from, so a changed lock is noticed by comparing.
set -eu

level=$1
[ "$level" = run ] && [ -e .venv/.dev ] && level=dev
[ -e .venv/.e2e ] && level=e2e
lock=requirements/$level.txt
stamp=.venv/.$level

find_python() {
    for name in python3 python3.11 python3.12 python3.13 python3.14; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    echo "Parley needs Python 3.11 or newer, and none is on the PATH." >&2
    exit 1
}

make_venv() {
    python=$(find_python)
    echo "Creating .venv with $("$python" --version) (about 5 s) ..."
    if ! "$python" -m venv .venv; then
        echo "The venv module is missing: on Debian and Ubuntu, apt-get install python3-venv" >&2
        exit 1
    fi
}

# uv is fast; where it cannot be had or does not reach the packages, pip installs the same lock.
install() {
    pip="$PWD/.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes"
    if $pip -r requirements/uv.txt; then
        .venv/bin/uv pip sync --quiet --system-certs --require-hashes --python .venv/bin/python "$lock" && return
    fi
    echo "uv could not install the packages; trying pip (about 30 s) ..."
    $pip -r "$lock"
}

# The checkout is put on the import path, `parley` on the environment's bin, and the pytest plugin where pytest looks,
# without building anything.
link_project() {
    site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    echo "../../../.." >"$site/parley.pth"
    info=parley_gateway-0.1.0.dist-info
    mkdir -p "$site/$info"
    printf 'Metadata-Version: 2.1\nName: parley-gateway\nVersion: 0.1.0\n' >"$site/$info/METADATA"
    printf '[pytest11]\nparley = conversations.plugin\n' >"$site/$info/entry_points.txt"
    printf '%s,,\n' "$info/METADATA" "$info/entry_points.txt" "$info/RECORD" >"$site/$info/RECORD"
    printf '#!/bin/sh\nexec "$(dirname "$(readlink -f "$0")")/python" -P -m gateway "$@"\n' >.venv/bin/parley
    chmod +x .venv/bin/parley
}

if [ -x .venv/bin/python ] && cmp -s "$lock" "$stamp"; then
    [ -e .venv/lib/python3*/site-packages/parley_gateway-*/RECORD ] || link_project
    exit 0
fi
{ [ -x .venv/bin/python ] && [ -x .venv/bin/pip ]; } || make_venv
echo "Installing $(grep -c '==' "$lock") packages from $lock (about 10 s the first time) ..."
install
link_project
cp "$lock" "$stamp"
