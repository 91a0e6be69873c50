#!/bin/bash
# SPDX-License-Identifier: MIT
# tools/promtool.sh          prints the promtool that tests use, and fails where there is none
# tools/promtool.sh --fetch  gets it first where it is missing, which needs no root
#
# It is in Debian's package of the Prometheus server, which is not installed for it: that would start
# a server, and bring 100 MB. The one program is unpacked below build/.
set -eu
own=$(dirname "$(dirname "$(realpath "$0")")")/build/tools/promtool

download() { # DIRECTORY
	(cd "$1" && apt-get -q -o Acquire::http::Timeout=20 -o Acquire::Retries=1 download prometheus)
}

fetch() {
	local scratch status=0
	scratch=$(mktemp -d)
	# The lists of packages may never have been read on this machine.
	{ download "$scratch" || { apt-get -q update && download "$scratch"; }; } >"$scratch/log" 2>&1 &&
		dpkg-deb --fsys-tarfile "$scratch"/prometheus_*.deb |
		tar -x -C "$scratch" ./usr/bin/promtool && mkdir -p "${own%/*}" &&
		mv "$scratch/usr/bin/promtool" "$own" || status=1
	[ $status = 0 ] || tail -n 3 "$scratch/log" >&2
	rm -rf "$scratch"
	return $status
}

find_promtool() {
	command -v promtool && return
	[ -x "$own" ] && echo "$own"
}

find_promtool && exit
[ "${1:-}" = --fetch ] && fetch && find_promtool
