#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes a fresh Debian 12 ready: installs what is missing, configures and builds one preset.
#
#   sh tests/prepare.sh PRESET [TARGET…]       prints the build folder as its last line
#
# Further packages for the caller's own needs: PREPARE_PACKAGES="curl redis-server".
set -eu
tree=$(cd "$(dirname "$0")/.." && pwd)
preset=${1:?usage: prepare.sh PRESET [TARGET…]}
shift

packages="gcc libc6-dev cmake ninja-build pkg-config libssl-dev libjansson-dev libyaml-dev libhiredis-dev
libmicrohttpd-dev libjwt-dev libvectorscan-dev libpcre2-dev libutf8proc-dev zlib1g-dev tzdata ${PREPARE_PACKAGES:-}"
missing=
for package in $packages; do
    case $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true) in
    *' installed') ;;
    *) missing="$missing $package" ;;
    esac
done
if [ -n "$missing" ]; then
    echo "installing:$missing" >&2
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -qq >&2
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >&2
fi

cd "$tree"
build=$tree/build/$preset
[ -f "$build/build.ninja" ] || cmake --preset "$preset" >&2
cmake --build "$build" ${1:+--target "$@"} >&2
echo "$build"
