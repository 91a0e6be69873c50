#!/bin/bash
# SPDX-License-Identifier: MIT
# tools/cross.sh ARCH          prints the directory of libsodium for the other architecture (amd64, arm64), and
#                              fails where that or the cross compiler is missing: then `make` embeds one guest
# tools/cross.sh --fetch ARCH  gets libsodium first where it is missing, which needs no root
#
# Debian's libsodium-dev of another architecture could be installed beside this one's, but would bring a second
# C library and hold back upgrades of both. Two directories of it, unpacked below build/, are enough.
set -eu
fetch=
[ "${1:-}" = --fetch ] && { fetch=yes; shift; }
arch=${1:?usage: tools/cross.sh [--fetch] amd64|arm64}
case $arch in
amd64) machine=x86_64 ;;
arm64) machine=aarch64 ;;
*) echo "cross.sh: there is no guest for '$arch'" >&2; exit 1 ;;
esac
own=$(dirname "$(dirname "$(realpath "$0")")")/build/tools/cross/$arch

is_there() {
	[ -f "$own/lib/libsodium.a" ] && [ -f "$own/include/sodium.h" ]
}

# Ubuntu keeps other architectures than its main ones elsewhere; Debian has all in one place.
write_sources() { # DIRECTORY
	local ID='' VERSION_CODENAME=''
	# shellcheck source=/dev/null
	. /etc/os-release
	if [ "$ID" = ubuntu ] && [ "$arch" = arm64 ]; then
		echo "deb http://ports.ubuntu.com/ubuntu-ports $VERSION_CODENAME main universe" >"$1/sources.list"
		echo "Dir::Etc::SourceList \"$1/sources.list\"; Dir::Etc::SourceParts \"$1/none\";"
	fi
}

# apt with lists and an architecture of its own: nothing of this system is changed.
download() { # DIRECTORY
	mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
	{
		echo "#clear APT::Architectures;"
		echo "APT::Architecture \"$arch\"; APT::Architectures { \"$arch\"; };"
		echo "Dir::State::Lists \"$1/lists\"; Dir::State::Status \"/dev/null\"; Dir::Cache \"$1/cache\";"
		echo 'Debug::NoLocking "1"; APT::Sandbox::User ""; Acquire::http::Timeout "20"; Acquire::Retries "1";'
		echo 'Acquire::Languages "none";'
		write_sources "$1"
	} >"$1/apt.conf"
	export APT_CONFIG=$1/apt.conf
	(cd "$1" && apt-get -q update && apt-get -q download libsodium-dev)
}

fetch() {
	local scratch status=0
	scratch=$(mktemp -d)
	{
		download "$scratch" && rm -rf "$own" && mkdir -p "$own.part/lib" "$own.part/include" &&
			dpkg-deb --fsys-tarfile "$scratch"/libsodium-dev_*.deb | tar -x -C "$scratch" &&
			cp -r "$scratch/usr/include/." "$own.part/include" &&
			cp "$scratch/usr/lib/$machine-linux-gnu/libsodium.a" "$own.part/lib" && mv "$own.part" "$own"
	} >"$scratch/log" 2>&1 || status=1
	[ $status = 0 ] || tail -n 3 "$scratch/log" >&2
	rm -rf "$scratch" "$own.part"
	return $status
}

if [ -n "$fetch" ] && ! is_there; then fetch; fi
command -v "$machine-linux-gnu-gcc" >/dev/null && is_there && echo "$own"
