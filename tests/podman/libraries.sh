#!/bin/bash
# SPDX-License-Identifier: MIT
# PyPI packages of the inventory in the workspaces' virtual environments.
. "$(dirname "$0")/lib.sh"

export WINALUX_TELEMETRY_INTERVAL_S=0

# list LIBRARIES [LINE…]: the inventory with these libraries of alice; bob and carol stay as they are.
list()
{
	local libraries=$1
	shift
	begin_inventory
	{
		workspace_at alice "libraries: $libraries" "$@"
		workspace_at bob "libraries: [six, idna]" "gate: strict"
		workspace_at carol
	} >>"$inventory"
}

# A workspace at the port that it had before, if it had one.
workspace_at() # NAME [LINE…]
{
	local name=$1 had=ssh_port_$1
	if [ -z "${!had:-}" ]; then
		workspace "$@"
		return
	fi
	shift
	printf '  - name: %s\n    ssh_port: %d\n    public_keys:\n      - "%s"\n' "$name" "${!had}" "$(<"$key.pub")"
	[ $# -eq 0 ] || printf '    %s\n' "$@"
}

inside() # NAME COMMAND…
{
	local name=$1
	shift
	winalux exec -T "$name" -- "$@"
}

has() # NAME MODULE…
{
	local name=$1 module
	shift
	for module in "$@"; do
		inside "$name" /home/developer/venv/bin/python -c "import $module; print($module.__file__)"
	done
}

has_not() # NAME MODULE
{
	fails inside "$1" /home/developer/venv/bin/python -c "import $2"
}

packages() # NAME
{
	inside "$1" uv pip freeze --python /home/developer/venv/bin/python
}

lock() # NAME
{
	inside "$1" cat .config/winalux/libraries.lock
}

workspaces_get_their_libraries()
{
	local seen
	list '["six==1.16.0", "zipp", "iniconfig"]'
	status 0 deploy
	contains "$err" "alice: install libraries in 'winalux-alice-dev'"
	lacks "$err" "carol: install libraries"
	seen=$(has alice six zipp iniconfig)
	contains "$seen" /home/developer/venv/lib/python3
	has bob six idna
	has_not carol six
	seen=$(lock alice)
	contains "$seen" six==1.16.0
	contains "$seen" --hash=sha256:
	equal "" "$(podman ps -aq --filter name=-libraries)"
	# From the account's cache: there is none of a developer's own.
	fails inside alice sh -c 'ls -d .cache/uv/archive-v*'
	fails inside bob sh -c 'ls -d .cache/uv/archive-v*'
}

nothing_is_to_do_then()
{
	status 0 deploy
	contains "$err$out" "all 3 workspaces are as the inventory says"
}

a_changed_list_is_a_live_change()
{
	local before
	before=$(fingerprint)
	list '["six==1.16.0", "idna>=3,<4"]'
	status 0 winalux plan "$inventory"
	contains "$out" "alice: live change (winalux-alice-dev: libraries changed)"
	lacks "$out" "sessions end"
	status 0 deploy
	has alice six idna
	has_not alice zipp
	has_not alice iniconfig
	equal "$before" "$(fingerprint)"
}

own_packages_stay()
{
	inside alice uv pip install -q --python /home/developer/venv/bin/python iniconfig
	list '["idna>=3,<4"]'
	status 0 deploy
	has alice idna iniconfig
	has_not alice six
}

a_name_that_does_not_exist_fails_alone()
{
	local before
	before=$(packages alice)
	list '["idna", "winalux-no-such-package-anywhere"]'
	sed -i 's/\[six, idna\]/[six, idna, zipp]/' "$inventory"
	status 12 deploy
	contains "$err" "winalux-no-such-package-anywhere was not found"
	equal "$before" "$(packages alice)"
	has bob zipp
	status 0 winalux plan "$inventory"
	contains "$out" "alice: live change"
	list '["idna>=3,<4"]'
	status 0 deploy
}

a_list_that_cannot_be_had_fails_whole()
{
	local before
	before=$(packages alice)
	list '["zipp", "idna==3.7", "idna==3.6"]'
	fails deploy
	equal "$before" "$(packages alice)"
	list '["idna>=3,<4"]'
	status 0 deploy
}

# What a developer does to his home harms nobody but himself, and not without a word.
a_home_in_the_way_fails_alone()
{
	local before holder
	before=$(packages alice)
	inside alice mkdir -p venv/.winalux-libraries.aside venv/.winalux-libraries.is/x
	inside alice sh -c 'cd venv && mv .winalux-libraries .winalux-libraries.aside/ &&
		mv .winalux-libraries.is .winalux-libraries'
	"$WINALUX" exec -T bob -- flock .config/winalux/.libraries.busy sleep 250 &
	holder=$!
	until_true 20 fails inside bob flock -n .config/winalux/.libraries.busy true
	list '["idna>=3,<4", iniconfig, zipp]'
	sed -i 's/\[six, idna\]/[six]/' "$inventory"
	status 12 deploy
	contains "$err" "alice: cannot"
	contains "$err" "/home/developer/venv/.winalux-libraries"
	contains "$err" "another sync of libraries has held '/home/developer/.config/winalux/.libraries.busy' for 20 s"
	equal "$before" "$(packages alice)"
	kill $holder
	podman exec --user 0 winalux-bob-dev pkill -x sleep || inside bob pkill -x sleep || :
	inside alice sh -c 'cd venv && rm -r .winalux-libraries && mv .winalux-libraries.aside/.winalux-libraries . &&
		rmdir .winalux-libraries.aside'
	list '["idna>=3,<4"]'
	status 0 deploy
	has bob six idna
}

requirement_files_are_read_in_both_places()
{
	printf '# ours\nzipp\n\nsix==1.16.0 ; python_version >= "3"\n' >"$work/requirements.txt"
	inside alice sh -c 'mkdir -p app && echo iniconfig >app/requirements.txt'
	list '["-r requirements.txt", "-r ~/app/requirements.txt"]'
	status 0 deploy
	has alice zipp six iniconfig
	echo '-e .' >>"$work/requirements.txt"
	fails winalux validate "$inventory"
	sed -i '$d' "$work/requirements.txt"
	inside alice sh -c 'echo idna >>app/requirements.txt'
	inside alice task venv:sync
	has alice idna
}

the_lock_keeps_versions()
{
	list '["idna<3.7"]'
	status 0 deploy
	contains "$(lock alice)" idna==3.6
	list '["idna"]'
	status 0 deploy
	contains "$(lock alice)" idna==3.6
	inside alice task venv:sync -- --upgrade
	lacks "$(lock alice)" idna==3.6
}

a_recreated_container_has_them()
{
	local before
	before=$(lock alice)
	list '["idna"]' "environment: [ANEW=1]"
	status 0 deploy
	contains "$err" "alice: install libraries"
	has alice idna
	equal "$before" "$(lock alice)"
}

an_environment_of_another_python_is_made_anew()
{
	inside alice sh -c 'sed -i "s/^version = .*/version = 3.2.1/" venv/pyvenv.cfg; touch venv/of-old'
	list '["idna"]' "environment: [ANEW=2]"
	status 0 deploy
	has alice idna
	fails inside alice test -e venv/of-old
	inside alice test -e venv.3.2/of-old
	contains "$(inside alice cat venv/pyvenv.cfg)" "version = 3.1"
}

workspaces_cannot_write_the_cache()
{
	local cache=/var/cache/winalux/libraries
	fails inside alice touch $cache/x
	fails podman exec --user 0 winalux-alice-dev touch $cache/x
	podman exec --user 0 winalux-alice-dev sh -c "test -d $cache/archive-v*"
}

# Files in a home are no links into the cache: what a developer does to them stays his.
homes_share_no_files()
{
	equal 1 "$(inside alice sh -c 'stat -c %h venv/lib/python3*/site-packages/idna/__init__.py')"
	lacks "$(inside alice sh -c 'ls -l venv/lib/python3*/site-packages/idna/__init__.py')" "->"
}

# The index is on the pod's localhost, which the container that fetches shares.
a_private_index_gets_its_login_and_tells_nobody()
{
	local index=$work/index
	mkdir -p "$index/simple/winalux-private"
	make_wheel winalux_private "$index/simple/winalux-private"
	cp "$top/tests/podman/private_index.py" "$index/index.py"
	podman cp "$index" winalux-alice-dev:/tmp/index
	podman exec -d winalux-alice-dev python3 /tmp/index/index.py /tmp/index 8099
	printf 'machine 127.0.0.1 login winalux password secret-of-index\n' >"$work/netrc"
	until_true 10 inside alice python3 -c 'import socket; socket.create_connection(("127.0.0.1", 8099))'
	list '[winalux-private]' "library_index: http://127.0.0.1:8099/simple" "environment: [ANEW=2]"
	status 12 deploy
	contains "$err" "winalux-private was not found"
	export WINALUX_LIBRARY_NETRC=$work/netrc
	# A lock of the home that leads to the login, for a fetch that fails and tells why.
	inside alice sh -c 'cd .config/winalux && cp libraries.lock ~/lock &&
		echo "-r /etc/winalux/netrc" >libraries.lock'
	list '[winalux-private, winalux-no-such]' "library_index: http://127.0.0.1:8099/simple" "environment: [ANEW=2]"
	status 12 deploy --verbose
	contains "$err" "the cache of packages was not filled"
	lacks "$err$out" secret-of-index
	inside alice mv lock .config/winalux/libraries.lock
	list '[winalux-private]' "library_index: http://127.0.0.1:8099/simple" "environment: [ANEW=2]"
	status 0 deploy --verbose
	unset WINALUX_LIBRARY_NETRC
	lacks "$err$out" secret-of-index
	has alice winalux_private
	fails inside alice sh -c 'grep -rqs secret-of-inde[x] /etc /home /var/cache/winalux /proc/[0-9]*/environ \
		/proc/[0-9]*/cmdline'
	lacks "$(lock alice)" secret-of-index
}

# make_wheel MODULE DIRECTORY
make_wheel()
{
	python3 - "$1" "$2" <<'PYTHON'
import sys, zipfile
name, directory = sys.argv[1:]
info = f"{name}-1.0.dist-info"
with zipfile.ZipFile(f"{directory}/{name}-1.0-py3-none-any.whl", "w") as wheel:
    wheel.writestr(f"{name}.py", "\n")
    wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1.0\n")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
PYTHON
}

an_emptied_list_leaves_nothing()
{
	begin_inventory
	workspace_at alice "environment: [ANEW=2]" >>"$inventory"
	status 0 winalux deploy "$inventory"
	has_not alice idna
	fails inside alice test -e .config/winalux/libraries.in.new
	status 0 winalux deploy "$inventory"
	contains "$err$out" "as the inventory says"
}

remove_everything >/dev/null 2>&1
it "workspaces get what their libraries say, side by side, and a lock" workspaces_get_their_libraries
it "a second deploy finds nothing to do" nothing_is_to_do_then
it "a changed list is a live change, in both directions" a_changed_list_is_a_live_change
it "packages that a developer installed himself stay" own_packages_stay
it "a name that does not exist fails its workspace with uv's reason, and the environment stays" \
	a_name_that_does_not_exist_fails_alone
it "what does not fit together changes nothing" a_list_that_cannot_be_had_fails_whole
it "what is in the way in a home fails that workspace, with its reason and nothing changed" \
	a_home_in_the_way_fails_alone
it "requirement files are read beside the inventory and in the home" requirement_files_are_read_in_both_places
it "the lock keeps versions until somebody upgrades" the_lock_keeps_versions
it "a container made anew has its libraries" a_recreated_container_has_them
it "an environment of another Python is put aside and made anew" an_environment_of_another_python_is_made_anew
it "no workspace can write the shared cache" workspaces_cannot_write_the_cache
it "files in a home are the home's own" homes_share_no_files
it "a private index gets its login, and nobody sees it" a_private_index_gets_its_login_and_tells_nobody
it "a list that is taken away takes its packages along" an_emptied_list_leaves_nothing
