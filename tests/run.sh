#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds everything on a fresh Debian 12 and runs every test.
#
#   sh tests/run.sh             gcc and clang with ASan and UBSan, the release build, all checks, the live tests
#   FAST=1 sh tests/run.sh      gcc alone, without live tests
#
# What is missing is installed with apt-get. The last line is `N passed, M failed, K skipped`.
set -u
cd "$(dirname "$0")/.." || exit 2
tree=$(pwd)
FAST=${FAST:-}
passed=0 failed=0 skipped=0

say() { printf '\n== %s\n' "$*"; }

# add PASSED FAILED SKIPPED
add() {
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

# check NAME COMMAND…: one test that is a command.
check() {
    name=$1
    shift
    say "$name"
    if "$@"; then add 1 0 0; else
        echo "FAILED: $name"
        add 0 1 0
    fi
}

# The sentences that unit tests passed, and one for every other test of ctest: "PASSED FAILED SKIPPED".
count_ctest() {
    awk '
    /^[0-9]+: [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { p += $2; f += $4; s += $6; told[$1 + 0] = $4 + 0 }
    /Test +#[0-9]+: .*\*+|Test +#[0-9]+: .* Passed / {
        number = $0; sub(/.*Test +#/, "", number); number += 0
        ok = / Passed /
        if (!(number in told)) { p += ok; f += !ok }
        else if (!ok && !told[number]) f++
    }
    END { print p + 0, f + 0, s + 0 }' "$1"
}

# suite PRESET
suite() {
    say "build $1"
    if ! sh tests/prepare.sh "$1"; then
        echo "FAILED: build $1"
        add 0 1 0
        return
    fi
    [ "$1" = release ] && { add 1 0 0; return; }
    say "tests $1"
    log=$tree/build/$1/ctest.log
    ctest --test-dir "build/$1" -V -j "$(nproc)" --timeout 300 >"$log" 2>&1
    status=$?
    grep -E 'FAILED: |not so: | is \[|: .* is -?[0-9]+, not |\*\*\*(Failed|Timeout|Exception)|runtime error|ERROR: (Address|Leak)Sanitizer' "$log"
    # shellcheck disable=SC2046
    set -- "$1" $(count_ctest "$log")
    echo "$1: $2 passed, $3 failed, $4 skipped"
    add "$2" "$3" "$4"
    if [ $status != 0 ] && [ "$3" = 0 ]; then
        echo "FAILED: ctest ended with $status, see $log"
        add 0 1 0
    fi
}

live() {
    say "live tests"
    log=$tree/build/dev/live.log
    BARTIZAN_LIVE_REQUIRE=1 BARTIZAN_BUILD=$tree/build/dev sh tests/live/run.sh >"$log" 2>&1
    status=$?
    tail -n 60 "$log"
    # the closing line of pytest: "3 failed, 70 passed, 2 skipped in 60.1s"
    line=$(grep -E '^=*[^=]* in [0-9.]+s' "$log" | tail -n 1)
    number() { echo " $line" | sed -n "s/.*[^0-9]\([0-9][0-9]*\) $1.*/\1/p" | tail -n 1; }
    p=$(number passed) f=$(number failed) e=$(number error) s=$(number skipped)
    add "${p:-0}" $((${f:-0} + ${e:-0})) "${s:-0}"
    if [ $status != 0 ] && [ $((${f:-0} + ${e:-0})) = 0 ]; then
        echo "FAILED: the live tests ended with $status"
        add 0 1 0
    fi
}

PREPARE_PACKAGES="python3 python3-venv python3-pytest curl ca-certificates openssl procps redis-server redis-tools"
[ -n "$FAST" ] || PREPARE_PACKAGES="$PREPARE_PACKAGES clang libclang-rt-14-dev"
export PREPARE_PACKAGES

suite dev
check "includes" sh tests/check_floors.sh
check "headers" sh tests/check_headers.sh # that every word is told is a ctest
if [ -z "$FAST" ]; then
    suite clang
    suite release
    live
fi

say "all"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $passed -gt 0 ]
