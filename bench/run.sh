#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What bartizan costs: beside nginx and HAProxy, as ratios (proxies, the default), by its limits, by what it looks into.
#
#   sh bench/run.sh [proxies|limits|guard] [--rounds N] [--seconds N] [--only WORD] [--json FILE]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
BARTIZAN_BUILD=$(PREPARE_PACKAGES="nginx-light haproxy redis-server strace python3 util-linux" sh "$here/../tests/prepare.sh" release | tail -n 1)
export BARTIZAN_BUILD
exec python3 "$here/run.py" "$@"
