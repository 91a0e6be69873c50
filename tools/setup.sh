#!/bin/bash
# SPDX-License-Identifier: MIT
# tools/setup.sh [GROUP…]        installs the Debian packages that are missing, as root or with sudo
# tools/setup.sh --list [GROUP…] prints the missing ones and installs nothing
#
# Groups: build (make), run (deploying workspaces), test (make test), lint (make lint). None given:
# build, run and test. For Debian 12 and 13 and Ubuntu 24.04, other releases as far as their packages
# have the same names; needs neither root nor sudo when nothing is missing.
set -eu

log=${WINALUX_SETUP_LOG:-${TMPDIR:-/tmp}/winalux-setup-$(id -u).log}

die() {
	printf 'setup: %s\n' "$*" >&2
	exit 1
}

# What differs between releases: the number in clang's packages, and what netavark forwards ports with.
read_release() {
	local ID='' VERSION_ID=''
	# shellcheck source=/dev/null
	. /etc/os-release
	release=$ID-$VERSION_ID
	firewall=nftables
	clang=
	other= # the architecture that the guest is also compiled for
	case $(uname -m) in
	x86_64) other=arm64 ;;
	aarch64) other=amd64 ;;
	esac
	case $release in
	debian-12) clang=14 firewall=iptables ;;
	debian-13) clang=19 ;;
	ubuntu-24.04) clang=18 firewall=iptables ;;
	esac
}

packages_of() { # GROUP
	case $1 in
	build)
		echo gcc libc6-dev make pkg-config git ca-certificates libcurl4-openssl-dev libcjson-dev libyaml-dev
		echo libarchive-dev libsodium-dev libseccomp-dev
		case $other in
		arm64) echo gcc-aarch64-linux-gnu libc6-dev-arm64-cross ;;
		amd64) echo gcc-x86-64-linux-gnu libc6-dev-amd64-cross ;;
		esac
		;;
	run)
		# Without recommended packages Podman comes without most of what it needs rootless.
		echo podman crun conmon uidmap netavark aardvark-dns catatonit iptables fuse-overlayfs passt
		echo slirp4netns $firewall
		echo mmdebstrap debian-archive-keyring openssh-client ca-certificates procps
		[ ! -d /run/systemd/system ] || echo dbus-user-session
		;;
	test)
		[ -n "$clang" ] || die "does not know the name of clang's libraries in '$release'"
		echo libcmocka-dev clang libclang-rt-$clang-dev libclang-common-$clang-dev llvm rsync expect file git
		echo openssh-client python3-minimal iproute2 util-linux curl dpkg-dev binutils zsh fish
		echo docker-registry openssl
		;;
	lint)
		echo clang-format clang-tidy cppcheck shellcheck gcovr valgrind universal-ctags mandoc
		;;
	*)
		die "there is no group '$1': build, run, test or lint"
		;;
	esac
}

missing() { # PACKAGES…
	local name status
	for name in "$@"; do
		status=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) || status=
		[ "$status" = installed ] || echo "$name"
	done
}

apt() {
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 "$@" \
		>>"$log" 2>&1 </dev/null || {
		tail -n 15 "$log" >&2
		die "apt-get $1 failed; see $log"
	}
}

choose_root() {
	as_root=()
	[ "$(id -u)" != 0 ] || return 0
	as_root=(sudo)
	command -v sudo >/dev/null || return 1
	sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }
}

install_packages() { # PACKAGES…
	choose_root || die "needs an administrator once: apt-get install -y --no-install-recommends $*"
	printf 'setup: installing %s\n' "$*"
	: >"$log"
	apt update
	apt install --no-install-recommends "$@"
}

# Without it a few tests are left out, which is no reason to stop.
fetch_promtool() {
	"$(dirname "$0")/promtool.sh" --fetch >/dev/null ||
		echo "setup: there is no promtool, the checks of docs/grafana are left out" >&2
}

# The program then carries the guest of its own architecture only, and says so when it is built.
fetch_cross() {
	[ -z "$other" ] || "$(dirname "$0")/cross.sh" --fetch "$other" >/dev/null ||
		echo "setup: there is no libsodium for $other, its guest is left out" >&2
}

main() {
	local list='' wanted=() need=()
	[ "${1:-}" != --list ] || { list=yes; shift; }
	[ $# -gt 0 ] || set -- build run test
	command -v dpkg-query >/dev/null || die "this is no Debian; packages_of in this script lists what is needed"
	read_release
	for group in "$@"; do
		# shellcheck disable=SC2207
		wanted+=($(packages_of "$group"))
	done
	mapfile -t need < <(missing "${wanted[@]}" | sort -u)
	if [ -n "$list" ]; then
		printf '%s\n' "${need[@]}"
		return
	fi
	[ ${#need[@]} -eq 0 ] || install_packages "${need[@]}"
	case " $* " in *" build "*) fetch_cross ;; esac
	case " $* " in *" test "*) fetch_promtool ;; esac
}

main "$@"
