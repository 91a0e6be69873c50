# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Shared by the scripts of this folder and tests/fresh; README.md tells how they fit together.
#
# Where things are, with KEY a digest of the checkout's path, so that two checkouts never meet:
#   $base                  /var/cache/winalux-test for root, ~/.cache/winalux-test for others
#   $base/KEY/shared       WINALUX_TEST_SHARED: seen by every suite of this checkout at this path
#   $base/KEY/SUITE/home   the test account's home in that suite; images and volumes live here
#   $base/root-NAME-…      root file systems, made once, never written to afterwards

runner=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
checkout=$(cd "$runner/../.." && pwd -P)
umask 022

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 125
}

say() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

is_root() {
	[ "$(id -u)" = 0 ]
}

set_paths() { # SUITE
	suite=$1
	user=${WINALUX_TEST_USER:-winalux-test}
	if is_root; then
		base=/var/cache/winalux-test
	else
		user=$(id -un)
		base=${XDG_CACHE_HOME:-$HOME/.cache}/winalux-test
	fi
	key=$(printf '%s' "$checkout" | sha256sum | cut -c1-10)
	state=$base/$key/$suite
	shared=${WINALUX_TEST_SHARED:-$base/$key/shared}
	logs=${WINALUX_TEST_LOGS:-$checkout/build/test/$suite}
	mkdir -p "$state" "$shared" || die "cannot make '$state'"
	printf '%s\n' "$checkout" >"$base/$key/checkout"
}

# One run at a time per lock; the second says that it waits. Descriptor 9 is closed in children.
take_lock() { # FILE WHAT
	exec 9>"$1"
	flock -n 9 && return
	say "waiting for another run that uses $2"
	flock 9
}

# The account that tests run as. It stays (tests/runner/clean removes it): its id owns the images.
make_user() {
	(
		flock 8
		id "$user" >/dev/null 2>&1 || useradd -m -s /bin/bash "$user"
		for file in subuid subgid; do
			grep -q "^$user:" /etc/$file 2>/dev/null || add_ids "$file"
		done
	) 8>"$base/accounts.lock" || die "cannot make the account '$user'"
	uid=$(id -u "$user")
	gid=$(id -g "$user")
	home=$(getent passwd "$user" | cut -d: -f6)
	[ "$uid" != 0 ] || die "WINALUX_TEST_USER must be an ordinary account, not '$user'"
}

add_ids() { # subuid|subgid: 65536 ids behind the highest range that is given away
	local start
	start=$(awk -F: 'BEGIN { n = 100000 } $2 + $3 > n { n = $2 + $3 } END { print n }' "/etc/$1" 2>/dev/null)
	printf '%s:%s:65536\n' "$user" "${start:-100000}" >>"/etc/$1"
}

own_directories() {
	mkdir -p "$state/home" "$logs"
	[ -e "$state/home/.bashrc" ] || { cp -rT /etc/skel "$state/home" && chown -R "$uid:$gid" "$state/home"; }
	chown "$uid:$gid" "$state/home" "$shared" "$logs"
	chmod 700 "$state/home"
}

# Settings that Podman needs before its first run: 4.3 may choose vfs, where each container is a full
# copy; without a systemd session it would warn at each call and fall back to the same two values.
write_podman_settings() { # HOME
	local dir=$1/.config/containers
	[ -e "$dir/storage.conf" ] && return
	mkdir -p "$dir"
	printf '[storage]\ndriver = "overlay"\n' >"$dir/storage.conf"
	printf '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n' >"$dir/containers.conf"
	chown -R "$uid:$gid" "$1/.config"
}

# Names of variables that reach the command; everything else of the caller's environment is dropped.
passed_variables() {
	local names='WINALUX(_.*)?|SUITE|V|CI|GITHUB_ACTIONS|TERM|DEBIAN_FRONTEND|(A|UB|L)SAN_OPTIONS'
	compgen -e | grep -E "^($names|(https?|no)_proxy|(HTTPS?|NO)_PROXY)\$"
}

# Runs "inside FUNCTION ARGUMENTS…" as PID 1 of new mount and pid namespaces and returns its status.
# Whatever way this script ends, SIGKILL included, the kernel then ends all of it: unshare dies with
# us, PID 1 with unshare, and everything else with PID 1. Background jobs of bash ignore SIGINT and
# QUIT, which the command would inherit: env sets them back.
isolate() {
	local child status=0 network=
	export runner checkout suite user uid gid home base key state shared logs own_network=${own_network:-}
	setpriv --pdeathsig KILL env --default-signal=INT,QUIT \
		unshare --mount --pid ${own_network:+--net} --fork --kill-child --propagation private \
		"$runner/inside" "$@" <&0 9>&- &
	child=$!
	trap 'kill -KILL $child 2>/dev/null' TERM HUP
	trap : INT
	[ -z "$own_network" ] || connect_network $child
	while kill -0 $child 2>/dev/null; do
		wait $child || : # also returns when a trap ran
	done
	wait $child || status=$?
	[ -z "$network" ] || { kill "$network" && wait "$network"; } 2>/dev/null || :
	trap - TERM HUP INT
	return $status
}

# A network namespace with the machine's network behind NAT: every port is free there. "inside" waits
# until it has a route.
connect_network() { # PID of unshare
	local init=
	until [ -n "$init" ]; do
		kill -0 "$1" 2>/dev/null || return 0
		read -r init _ <"/proc/$1/task/$1/children" || sleep 0.05
	done
	setpriv --pdeathsig KILL slirp4netns --configure --mtu=65520 --disable-host-loopback "$init" tap0 \
		</dev/null >"$state/network.log" 2>&1 9>&- &
	network=$!
}

# Options for mmdebstrap that carry this machine's way to the Debian archive into a new root.
archive_options() {
	apt-config dump 2>/dev/null |
		grep -E '^Acquire::(Check-Valid-Until|Check-Date|https?::[Pp]roxy|Retries)[ :].*"[^"]+"' |
		sed 's/^/--aptopt=/'
}

host_authorities() {
	find /usr/local/share/ca-certificates -name '*.crt' -type f 2>/dev/null | sort
}

# Makes a root file system once and prints its path. Interrupted attempts leave nothing that counts:
# the directory gets its name only when it is whole.
debian_root() { # NAME RELEASE PACKAGES
	local name=$1 release=$2 packages=$3 digest root log started
	local -a options authorities
	mapfile -t options < <(archive_options)
	mapfile -t authorities < <(host_authorities)
	digest=$({ printf '%s\n' 1 "$release" "$packages" "${WINALUX_DEBIAN_MIRROR:-}" "${options[@]}"
		cat /dev/null "${authorities[@]}"; } | sha256sum | cut -c1-10)
	root=$base/root-$name-$digest
	(
		flock 8
		[ -d "$root" ] && exit
		command -v mmdebstrap >/dev/null || die "mmdebstrap is not installed: run tools/setup.sh"
		rm -rf --one-file-system "$root.part"
		log=$base/root-$name.log
		started=$SECONDS
		say "making a Debian root file system ($release), once; takes about a minute"
		setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --propagation private --mount-proc \
			mmdebstrap --variant=minbase --include="$packages" "${options[@]}" \
			"$release" "$root.part" ${WINALUX_DEBIAN_MIRROR:+"$WINALUX_DEBIAN_MIRROR"} \
			>"$log" 2>&1 8>&- 9>&- || { tail -n 15 "$log" >&2; die "mmdebstrap failed; see $log"; }
		if [ ${#authorities[@]} -gt 0 ]; then
			cp "${authorities[@]}" "$root.part/usr/local/share/ca-certificates/"
			chroot "$root.part" update-ca-certificates >>"$log" 2>&1 8>&- ||
				die "update-ca-certificates failed; see $log"
		fi
		rm -rf "$root.part"/var/cache/apt/*.bin
		mv "$root.part" "$root"
		say "root file system made in $((SECONDS - started)) s"
	) 8>"$base/root-$name.lock" || exit
	printf '%s\n' "$root"
}

# Runs a runner again as root, for a user who is not root but has sudo.
with_sudo() { # REASON SCRIPT ARGUMENTS…
	local -a pass=()
	local name reason=$1
	shift
	sudo -n true 2>/dev/null ||
		die "$reason needs root, or sudo that does not ask (run 'sudo -v' first)"
	while read -r name; do
		pass+=("$name=${!name}")
	done < <(passed_variables)
	exec sudo -n env "${pass[@]}" "WINALUX_TEST_USER=$(id -un)" "WINALUX_TEST_SHARED=$shared" \
		"WINALUX_TEST_LOGS=$logs" "$@"
}
