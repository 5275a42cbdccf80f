#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_headers.sh - every header compiles alone, in the language that the house speaks.
set -u
cd "$(dirname "$0")/.." || exit 2
failed=0 count=0
for header in $(find proxy filters certs config -name '*.h' | sort); do
    count=$((count + 1))
    printf '#include "%s"\n' "$header" |
        ${CC:-gcc} -std=c17 -D_GNU_SOURCE -I. -Wall -Wextra -Wpedantic -Werror -Wno-unused-function -fsyntax-only -x c - || {
        echo "check_headers: $header does not compile alone" >&2
        failed=1
    }
done
[ $failed = 0 ] && echo "check_headers: $count headers compile alone"
exit $failed
