#!/bin/sh
# Makes .venv/dialogs, an environment of its own for tests of bots on botbuilder-dialogs: that package wants one Babel,
# 2.9.1, and what it brings along is four times as large as all of ours.
set -eu

lock=requirements/dialogs.txt
venv=.venv/dialogs
if [ -x "$venv/bin/python" ] && cmp -s "$lock" "$venv/.installed"; then
    exit 0
fi
echo "Installing $(grep -c '==' "$lock") packages from $lock (about 10 s the first time) ..."
.venv/bin/python -m venv --clear "$venv"
.venv/bin/uv pip sync --quiet --system-certs --require-hashes --python "$venv/bin/python" "$lock" ||
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
cp "$lock" "$venv/.installed"
