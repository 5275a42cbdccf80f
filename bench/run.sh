#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bartizan beside nginx and HAProxy in one run, as ratios.
#
#   sh bench/run.sh [--rounds N] [--seconds N] [--only WORD] [--json FILE]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
BARTIZAN_BUILD=$(PREPARE_PACKAGES="nginx-light haproxy python3 util-linux" sh "$here/../tests/prepare.sh" release | tail -n 1)
export BARTIZAN_BUILD
exec python3 "$here/run.py" "$@"
