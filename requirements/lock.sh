#!/bin/sh
# Writes the lock files from pyproject.toml: for every platform, with hashes, and without any address.
# The widest lock is solved first and holds the versions of the narrower ones.
set -eu

compile() {
    output=$1
    shift
    .venv/bin/uv pip compile --quiet --system-certs --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header --no-annotate --upgrade "$@" -o "requirements/$output"
}

compile e2e.txt pyproject.toml --extra scale --group dev --group e2e
compile dev.txt pyproject.toml --extra scale --group dev -c requirements/e2e.txt
compile run.txt pyproject.toml --extra scale -c requirements/e2e.txt
compile dialogs.txt pyproject.toml --extra scale --extra dialogs --group tests
compile uv.txt --group bootstrap
