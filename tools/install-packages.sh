#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that are missing, as root, and says so before it does.
# Use: tools/install-packages.sh build|demo|test|bench|fuzz   (what "make demo" and "make check" need on top of it)
set -eu

build="gcc meson ninja-build pkg-config libjson-c-dev libcurl4-openssl-dev libmicrohttpd-dev libssl-dev
  libsodium-dev libsqlite3-dev libpq-dev libzstd-dev libisal-dev libfuse3-dev libxml2-dev uthash-dev scdoc libcmocka-dev"
demo="nodejs"
test="iproute2 postgresql openssl clang-14 clang-format-14 clang-tidy-19 pmccabe faketime zstd time nodejs npm
  chromium fonts-dejavu-core python3-cryptography python3-zstandard python3-argon2 fuse3 radosgw ceph-mon ceph-osd ceph-common uuid-runtime curl"
bench="nodejs restic borgbackup casync zstd linux-perf"
fuzz="clang-14 libfuzzer-14-dev libclang-rt-14-dev"

case ${1:-build} in
build) packages=$build ;;
demo) packages="$build $demo" ;;
test) packages="$build $test" ;;
bench) packages="$build $bench" ;;
fuzz) packages="$build $fuzz" ;;
*) echo "use: $0 build|demo|test|bench|fuzz" >&2 && exit 2 ;;
esac

missing=
for package in $packages; do
	case $package in
	# Node may have come in another way than by Debian's packages.
	nodejs) command -v node >/dev/null 2>&1 && continue ;;
	npm) command -v npm >/dev/null 2>&1 && continue ;;
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
