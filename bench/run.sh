#!/bin/sh
# run.sh - bartizan beside nginx and HAProxy in one run; ratios go to bench/RESULTS.md with --write.
# Usage: sh bench/run.sh [--rounds N] [--seconds N] [--only SCENARIO] [--write]
set -eu
cd "$(dirname "$0")/.."
. tests/packages.sh
need_packages $BUILD_PACKAGES $BENCH_PACKAGES
cmake --preset release >/dev/null
cmake --build --preset release -j 2
exec python3 bench/run.py "$@"
