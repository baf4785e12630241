#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that are missing, as root, and says so before it does.
# Use: tools/install-packages.sh build|test   ("test" is what "make check" needs on top of "build")
set -eu

build="gcc meson ninja-build pkg-config libjson-c-dev libcurl4-openssl-dev libmicrohttpd-dev libssl-dev
  libsodium-dev libsqlite3-dev libzstd-dev uthash-dev scdoc libcmocka-dev"
test="clang-14 clang-format-14 clang-tidy-19 libclang-rt-14-dev pmccabe faketime strace zstd nodejs"

packages=$build
[ "${1:-build}" = test ] && packages="$build $test"

missing=
for package in $packages; do
	case $package in
	# Node may have come in another way than by Debian's package.
	nodejs) command -v node >/dev/null 2>&1 && continue ;;
	esac
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "Installing Debian packages:$missing"
if [ "$(id -u)" != 0 ]; then
	echo "This needs root. Run as root: apt-get install$missing" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1 || {
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends $missing >/dev/null
}
