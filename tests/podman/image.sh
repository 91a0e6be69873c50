#!/bin/bash
# SPDX-License-Identifier: MIT
# Images: what is in those that the other scenarios use, and building with a small profile of the test's own,
# on the base that is there. Needs the package mirror and PyPI, as the first build did.
. "$(dirname "$0")/lib.sh"

export WINALUX_PROFILE_DIR=$work/profiles
mkdir "$WINALUX_PROFILE_DIR"
# A proxy that nothing here uses, but that a careless build would keep.
export ftp_proxy=http://user:topsecret@127.0.0.1:9
tiny=localhost/winalux/tiny:latest

profile() # PACKAGES [LINE…]
{
	printf 'version: 1\nname: tiny\nsummary: for tests\nbase: debian\npackages: [%s]\n' "$1"
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@"
}

write_profile()
{
	profile "$@" >"$WINALUX_PROFILE_DIR/tiny.yml"
}

inside() # COMMAND…
{
	podman run --rm --network none localhost/winalux/web:latest "$@"
}

# A build works in containers that no ordinary list shows.
no_working_container()
{
	lacks "$(podman ps -a --external --format '{{.Names}}')" working-container
}

nothing_changed()
{
	status 0 winalux build --sidecars web --json
	equal 0 "$(json 'sum(i["built"] for i in d["images"])' <<<"$out")"
}

developer_has_no_way_to_root()
{
	equal 'developer:x:1000:1000::/home/developer:/bin/bash' "$(inside getent passwd developer)"
	equal '*' "$(inside getent shadow developer | cut -d: -f2)"
	fails inside sh -c 'command -v sudo'
	equal '' "$(inside sh -c 'ls /etc/ssh/ssh_host_* 2>/dev/null')"
	equal 'uninitialized or empty' "$(inside sh -c '[ -s /etc/machine-id ] && cat /etc/machine-id ||
		echo "uninitialized or empty"')"
}

python_needs_no_network()
{
	inside sh -c 'cp -a /opt/winalux/skel/. /home/developer && chown -R developer: /home/developer &&
		exec setpriv --reuid 1000 --regid 1000 --clear-groups env HOME=/home/developer sh -ec "
		[ \$(command -v python) = /home/developer/venv/bin/python ]
		[ \$(command -v pip) = /home/developer/venv/bin/pip ]
		pip --version
		uv --version
		task --version
		gcc --version
		git --version"'
	equal /home/developer/venv/bin/python "$(inside bash -c 'export HOME=/home/developer
		cp -a /opt/winalux/skel/venv $HOME; exec bash -lc "command -v python"')"
}

own_profile()
{
	write_profile less 'python: [iniconfig]'
	winalux build tiny
	podman run --rm --network none $tiny sh -c 'command -v less &&
		/opt/winalux/venv/bin/python -c "import iniconfig"'
	equal profile "$(podman image inspect --format '{{index .Labels "io.winalux.image"}}' $tiny)"
	lacks "$(podman history --no-trunc $tiny)$(podman image inspect $tiny)" topsecret
}

unchanged_then_changed()
{
	local before
	before=$(podman image inspect --format '{{.Id}}' $tiny)
	winalux build tiny
	equal "$before" "$(podman image inspect --format '{{.Id}}' $tiny)"
	write_profile less 'python: [iniconfig, packaging]'
	winalux build tiny
	podman run --rm --network none $tiny /opt/winalux/venv/bin/python -c 'import packaging'
	fails podman image exists "$before"
}

own_containerfile()
{
	printf 'ARG BASE\nFROM ${BASE}\nARG PACKAGES\nRUN echo "$PACKAGES" >/made\n' >"$WINALUX_PROFILE_DIR/Mine"
	write_profile 'less, tree' 'containerfile: Mine'
	winalux build tiny
	equal 'less tree' "$(podman run --rm --network none $tiny cat /made)"
}

bad_package()
{
	write_profile 'no-such-package-x'
	status 7 winalux build tiny
	contains "$err" "'tiny' at step"
	contains "$err" "Unable to locate package no-such-package-x"
	no_working_container
}

bad_requirement()
{
	write_profile less 'python: [no-such-distribution-x]'
	status 7 winalux build tiny
	contains "$err" "'tiny' at step"
	contains "$err" no-such-distribution-x
	no_working_container
}

no_mirror()
{
	write_profile tree
	WINALUX_DEBIAN_MIRROR=http://127.0.0.1:9/debian status 5 winalux build tiny
	contains "$err" 127.0.0.1:9
	no_working_container
}

# A build that stays in its step; its process is $building.
begin_build()
{
	printf 'ARG BASE\nFROM ${BASE}\nRUN echo begun && sleep 1000\n' >"$WINALUX_PROFILE_DIR/Mine"
	write_profile less 'containerfile: Mine'
	set -m
	"$WINALUX" build tiny >"$work/building" 2>&1 &
	building=$!
	set +m
	until_true 60 grep -q begun "$work/building"
}

interrupted()
{
	begin_build
	kill -INT $building
	fails wait $building
	cat "$work/building"
	until_true 20 no_working_container
}

two_at_once()
{
	local first
	begin_build
	first=$(podman ps -a --external --format '{{.Names}}' | grep working-container)
	bad_package_beside
	contains "$(podman ps -a --external --format '{{.Names}}')" "$first"
	kill -INT $building
	fails wait $building
	until_true 20 no_working_container
	equal '' "$(podman volume ls -q --filter label=io.winalux.builder)"
}

bad_package_beside()
{
	mkdir "$work/beside"
	profile no-such-package-x >"$work/beside/tiny.yml"
	WINALUX_PROFILE_DIR=$work/beside status 7 winalux build tiny
}

killed()
{
	begin_build
	kill -KILL $building
	fails wait $building
	fails no_working_container
	write_profile less
	status 0 winalux build tiny
	until_true 20 no_working_container
	equal '' "$(podman volume ls -q --filter label=io.winalux.builder)"
}

# What an earlier run left that was killed.
podman ps -a --external --format '{{.ID}} {{.Command}}' | sed -n 's/ buildah$//p' | xargs -r podman rm -f >/dev/null
podman volume ls -q --filter label=io.winalux.builder | xargs -r podman volume rm >/dev/null

start_service
first "what is built is found unchanged" nothing_changed
it "the developer owns a home, and nothing leads to root" developer_has_no_way_to_root
it "Python, uv and task are there without a network" python_needs_no_network
it "a profile of one's own is built, and keeps no proxy" own_profile
it "unchanged it is left alone, changed it replaces its image" unchanged_then_changed
it "a requirement that does not exist is named" bad_requirement
it "a Containerfile of one's own gets the same arguments" own_containerfile
it "a package that does not exist is named" bad_package
it "a mirror that does not answer is named" no_mirror
it "an interrupted build leaves no container" interrupted
it "a build that fails leaves another one alone" two_at_once
it "what a killed build left goes with the next one" killed
podman rmi -f $tiny >/dev/null 2>&1
