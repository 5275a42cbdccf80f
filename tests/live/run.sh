#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the live tests: real programs, real sockets, real clients. Arguments go to pytest.
#
#   BARTIZAN_BUILD=build/dev sh tests/live/run.sh [-k chat …]
#
# The SDKs come from PyPI and npm into a folder beside the build, at pinned versions. Where a registry cannot
# be reached their tests are skipped, and the summary says so; everything else needs pytest alone.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
BARTIZAN_BUILD=${BARTIZAN_BUILD:-$here/../../build/dev}
mkdir -p "$BARTIZAN_BUILD"
BARTIZAN_BUILD=$(cd "$BARTIZAN_BUILD" && pwd)
export BARTIZAN_BUILD
sdks=$BARTIZAN_BUILD/live-sdks
mkdir -p "$sdks"

stamp=$(cat "$here/requirements.txt" "$here/node/package-lock.json" | sha256sum | cut -d' ' -f1)
missing=

python=python3
if [ ! -e "$sdks/python-$stamp" ]; then
    rm -rf "$sdks/python"
    if python3 -m venv "$sdks/python" >"$sdks/python.log" 2>&1 &&
        "$sdks/python/bin/pip" install -q --disable-pip-version-check -r "$here/requirements.txt" >>"$sdks/python.log" 2>&1; then
        : >"$sdks/python-$stamp"
    else
        rm -rf "$sdks/python"
        missing="$missing PyPI"
    fi
fi
[ -x "$sdks/python/bin/python" ] && python=$sdks/python/bin/python

if command -v npm >/dev/null 2>&1; then
    if [ ! -e "$sdks/node-$stamp" ]; then
        rm -rf "$sdks/node" && mkdir -p "$sdks/node"
        cp "$here/node/package.json" "$here/node/package-lock.json" "$sdks/node/"
        if (cd "$sdks/node" && npm ci --no-audit --no-fund --ignore-scripts) >"$sdks/node.log" 2>&1; then
            : >"$sdks/node-$stamp"
        else
            rm -rf "$sdks/node"
            missing="$missing npm"
        fi
    fi
else
    missing="$missing npm(not-installed)"
fi
BARTIZAN_LIVE_NODE=$sdks/node/node_modules
export BARTIZAN_LIVE_NODE

if ! "$python" -c 'import pytest' 2>/dev/null; then
    echo "live: pytest is missing (apt-get install python3-pytest)" >&2
    exit 3
fi
[ -z "$missing" ] || echo "live: out of reach:$missing; the tests of their SDKs are skipped"
cd "$here"
status=0
PYTHONDONTWRITEBYTECODE=1 "$python" -m pytest -p no:cacheprovider -rfEs "$@" || status=$?
[ -z "$missing" ] || echo "live: out of reach:$missing; the tests of their SDKs were skipped"
exit $status
