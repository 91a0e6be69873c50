#!/bin/bash
# SPDX-License-Identifier: MIT
# Known ways past the gate, and what becomes of each. A trick is a function that tries to get in from outside, without
# the token, and says its verdict:
#
#	in       it ran
#	asked    it came to the gate, which wants the token
#	refused  it did not run, or found nothing
#
# The table at the end has the verdict of each for every strength; docs/threat-model.md has the same table with words.
# WINALUX_GATE_STRENGTHS names the strengths that are tried. In $dev is the container.
. "$(dirname "$0")/lib.sh"

read -ra strengths <<<"${WINALUX_GATE_STRENGTHS:-shell strict}"
shells=/usr/lib/winalux-shells
loader=/lib64/ld-linux-x86-64.so.2
[ "$(uname -m)" = x86_64 ] || loader=/lib/ld-linux-$(uname -m).so.1

printf 'version: 1\nworkspaces:\n' >"$inventory"
for strength in "${strengths[@]}"; do
	workspace "$strength" "gate: $strength"
done >>"$inventory"

starts()
{
	status 0 deploy
	use_ssh
	for strength in "${strengths[@]}"; do
		equal developer "$(winalux exec "$strength" -- id -un)"
	done
}

# --- what tricks are made of ---

# verdict_of COMMAND…: what has run says "in" on a line of its own.
verdict_of()
{
	local got=0
	[ "$(type -t "$1")" = function ] || set -- timeout 120 "$@"
	"$@" >"$work/trick.out" 2>"$work/trick.err" </dev/null || got=$?
	cat "$work/trick.out" "$work/trick.err" >&2
	if grep -qx in "$work/trick.out"; then
		echo in
	elif [ $got -eq 126 ] && grep -q "^winalux: " "$work/trick.err"; then
		echo asked
	else
		echo refused
	fi
}

enter() # [OPTION…] -- COMMAND…
{
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	verdict_of podman exec ${options[@]+"${options[@]}"} "$dev" "$@"
}

# As the developer, who is in: what a person inside could do for one who is not.
inside()
{
	timeout 120 "$WINALUX" exec "$name" -- "$@"
}

verdict_inside() # COMMAND…
{
	verdict_of "$WINALUX" exec "$name" -- "$@"
}

# A ticket as the host makes it, for who has read the hash.
forged_ticket()
{
	podman cp "$dev:/etc/winalux/gate" "$work/gate"
	python3 - "$work/gate" <<'END'
import hashlib, os, sys, time
key = bytes.fromhex(open(sys.argv[1]).read().split()[4])
expiry, nonce = str(int(time.time()) + 30), os.urandom(16).hex()
mac = hashlib.blake2b(digest_size=16, key=key)
for part in ("winalux ticket 1", expiry, nonce):
    mac.update(len(part).to_bytes(8, "little") + part.encode())
print(f"{expiry}.{nonce}.{mac.hexdigest()}")
END
}

# --- shells and their names ---

a_shell() { enter -- bash -c 'echo in'; }
a_shell_as_root() { enter --user 0 -- sh -c 'echo in'; }
a_shell_by_its_path() { enter -- /usr/bin/bash -c 'echo in'; }
a_shell_by_a_roundabout_path() { enter -- /usr/../bin/./bash -c 'echo in'; }
the_real_shell() { enter -- $shells/bash -c 'echo in'; }
the_real_shell_by_its_other_name() { enter -- /opt/winalux/shells/dash -c 'echo in'; }
another_argv0() { enter -- python3 -c 'import os; os.execv("/bin/bash", ["x", "-c", "echo in"])'; }
the_guest_itself() { enter -- /usr/lib/winalux/winalux-guest -c 'echo in'; }
ssh_entry_without_ssh() { enter -e SSH_ORIGINAL_COMMAND='echo in' -- bash -c /usr/lib/winalux/ssh-entry; }

# --- other programs ---

python() { enter -- python3 -c 'print("in")'; }
python_and_a_shell() { enter -- python3 -c 'import os; os.system("echo in")'; }
perl() { enter -- perl -e 'print "in\n"'; }
awk() { enter -- awk 'BEGIN { print "in" }'; }
find_exec() { enter -- find / -maxdepth 0 -exec echo in ';'; }
the_loader() { enter -- "$loader" $shells/bash -c 'echo in'; }
the_loader_and_the_wrapper() { enter -- "$loader" /bin/bash -c 'echo in'; }
a_nested_namespace() { enter --user developer -- unshare -Urfp sh -c 'echo in'; }
privileged_shell() { enter --privileged -- bash -c 'echo in'; }
privileged_program() { enter --privileged --user 0 -- python3 -c 'print("in")'; }

busybox_of_a_package()
{
	put_busybox /usr/bin/busybox || : # it is put away while podman still sets its mode
	until_true 5 is_guarded /usr/bin/busybox && enter -- busybox sh -c 'echo in'
}

a_copied_busybox()
{
	local applet=()
	[ ! -x /bin/busybox ] || applet=(sh)
	put_busybox /tmp/busybox && enter -- /tmp/busybox ${applet[@]+"${applet[@]}"} -c 'echo in'
}

a_copied_shell()
{
	podman cp "$dev:$shells/dash" "$work/dash" && podman cp "$work/dash" "$dev:/tmp/harmless" &&
		enter -- /tmp/harmless -c 'echo in'
}

put_busybox() # PATH
{
	if [ -x /bin/busybox ]; then
		podman cp -L /bin/busybox "$dev:$1"
	else # any shell will do for what is to be seen: the name decides
		podman cp "$dev:$shells/dash" "$work/dash" && podman cp "$work/dash" "$dev:$1"
	fi
}

is_guarded() # PATH
{
	contains "$(podman cp "$dev:$1" - | tar -tvf -)" winalux-guest
}

# --- the environment ---

env_i() { enter -- env -i /bin/bash -c 'echo in'; }
preset_variables()
{
	enter -e WINALUX_TICKET=1 -e LC_WINALUX_TOKEN=0 -e BASH_ENV=/etc/profile -e SHLVL=9 -e SSH_CONNECTION=x \
		-- bash -c 'echo in'
}
ld_preload() { enter -e LD_PRELOAD=/lib/x86_64-linux-gnu/libm.so.6 -e LD_AUDIT=x -- bash -c 'echo in'; }

a_ticket_again()
{
	local ticket
	ticket=$(forged_ticket)
	enter -e WINALUX_TICKET="$ticket" -- bash -c true >/dev/null
	enter -e WINALUX_TICKET="$ticket" -- bash -c 'echo in'
}

a_ticket_again_with_a_program()
{
	local ticket
	ticket=$(forged_ticket)
	enter -e WINALUX_TICKET="$ticket" -- bash -c true >/dev/null
	enter -e WINALUX_TICKET="$ticket" -- python3 -c 'print("in")'
}

a_ticket_of_who_read_the_hash() { enter -e WINALUX_TICKET="$(forged_ticket)" -- bash -c 'echo in'; }

# --- from inside ---

a_daemonised_child()
{
	inside sh -c 'rm -f /tmp/late; (setsid sh -c "sleep 1; sh -c \"echo in\" >/tmp/late" >/dev/null 2>&1 &)'
	until_true 10 inside grep -qx in /tmp/late
	verdict_inside cat /tmp/late
}

# Somebody stands at the prompt: can a developer's program take their process over?
ptrace_of_who_is_asked()
{
	python3 - podman exec -it --user developer "$dev" bash >"$work/asked" 2>&1 <<'END' &
import os, pty, select, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
end = time.time() + 8
while time.time() < end:
    if select.select([fd], [], [], 0.1)[0]:
        sys.stdout.buffer.write(os.read(fd, 4096))
        sys.stdout.flush()
os.close(fd)
END
	local waiting=$!
	until_true 10 grep -q "Passcode for" "$work/asked"
	verdict_inside python3 -c '
import ctypes, glob
libc = ctypes.CDLL(None, use_errno=True)
asked = [p for p in glob.glob("/proc/[0-9]*/stat") if open(p).read().rsplit(")", 1)[1].split()[1] == "0"]
pids = [int(p.split("/")[2]) for p in asked]
print("tried", len([p for p in pids if p != 1]))
for pid in pids:
    if pid != 1 and libc.ptrace(0x4206, pid, 0, 0) == 0: # PTRACE_SEIZE
        print("in")'
	grep -q "^tried [1-9]" "$work/trick.out"
	wait $waiting || :
}

replacing_the_wrapper() { verdict_inside sh -c "ln -sf $shells/bash /usr/bin/bash && echo in"; }
replacing_the_real_shell() { verdict_inside sh -c "cp /bin/true $shells/bash && echo in"; }
reading_the_guest() { verdict_inside sh -c 'cat /usr/lib/winalux/winalux-guest >/dev/null && echo in'; }
reading_the_hash() { verdict_inside sh -c 'cat /etc/winalux/gate >/dev/null && echo in'; }
reading_the_hash_as_root() { enter --user 0 -- python3 -c 'open("/etc/winalux/gate").read(); print("in")'; }

# --- acts of the account ---

taking_the_socket_away()
{
	local move='import os, sys; os.rename(*["/run/winalux/" + name for name in sys.argv[1:]])'
	podman exec --user 0 "$dev" python3 -c "$move" gate.sock gone >&2 || :
	enter -- bash -c 'echo in'
	podman exec --user 0 "$dev" python3 -c "$move" gone gate.sock >&2 || :
}

# Something that says "pass" to whoever asks, in the home's volume, and a link to it in the socket's place.
the_socket_of_somebody_else()
{
	cat >"$work/fake-gate.py" <<'END'
import os, socket
gate = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
gate.bind("/mnt/.gate")
os.chmod("/mnt/.gate", 0o666)
gate.listen()
print("listening", flush=True)
while True:
    asker = gate.accept()[0]
    asker.recv(600)
    asker.send(b"pass")
END
	podman run -d --name fake-gate --network none --label io.winalux.test=1 -v "winalux-$name-home:/mnt" \
		-v "$work:/trick:ro" --entrypoint /usr/bin/python3 localhost/winalux/web /trick/fake-gate.py >&2
	until_true 10 is_listening fake-gate
	mkdir -p "$work/run"
	ln -sf /home/developer/.gate "$work/run/gate.sock"
	tar -C "$work/run" -cf - gate.sock | podman cp - "$dev:/run/winalux"
	enter -- bash -c 'echo in'
	podman rm -f -t 0 fake-gate >&2
	podman restart -t 1 "$dev" >&2
	until_true 15 inside true
	inside rm -f .gate
}

is_listening() # CONTAINER
{
	contains "$(podman logs "$1")" listening
}

racing_a_start()
{
	podman restart -t 1 "$dev" >&2 &
	local restart=$! seen=asked verdict
	for _ in {1..25}; do
		verdict=$(enter -- bash -c 'echo in')
		[ "$verdict" != in ] || seen=in
	done
	wait $restart
	until_true 15 inside true
	echo $seen
}

key_of_a_stranger()
{
	[ -f "$work/stranger" ] || make_key "$work/stranger"
	podman cp "$dev:/etc/winalux/keys/developer" "$work/keys"
	cat "$key.pub" "$work/stranger.pub" >"$work/more"
	podman cp "$work/more" "$dev:/etc/winalux/keys/developer"
	verdict_of stranger "$work/stranger" "$ssh_port" 'echo in'
	podman cp "$work/keys" "$dev:/etc/winalux/keys/developer"
}

key_of_a_stranger_in_the_home()
{
	[ -f "$work/stranger" ] || make_key "$work/stranger"
	inside mkdir -p .ssh
	podman cp "$work/stranger.pub" "$dev:/home/developer/.ssh/authorized_keys"
	verdict_of stranger "$work/stranger" "$ssh_port" 'echo in'
}

attached_stdin() { verdict_of bash -c 'echo "echo in" | timeout 3 podman attach --sig-proxy=false "$0"' "$dev"; }

commit_and_run()
{
	commit "$dev" localhost/winalux-bypass >&2
	verdict_of podman run --rm --network none --label io.winalux.test=1 --entrypoint $shells/bash \
		localhost/winalux-bypass -c 'echo in'
	podman rmi -f localhost/winalux-bypass >&2
}

a_second_container()
{
	verdict_of podman run --rm --network none --label io.winalux.test=1 -v "winalux-$name-home:/mnt" \
		--entrypoint /bin/sh localhost/winalux/base -c '[ -e /mnt/.bashrc ] && echo in'
}

its_namespaces()
{
	local pid
	pid=$(podman inspect --format '{{.State.Pid}}' "$dev")
	verdict_of podman unshare nsenter -t "$pid" -m -p $shells/bash -c 'echo in'
}

# --- the table: what | the trick | verdict of shell | of strict ---

tricks="
a shell by podman exec|a_shell|asked|asked
a shell as root|a_shell_as_root|asked|asked
a shell by its absolute path|a_shell_by_its_path|asked|asked
a shell by a roundabout path|a_shell_by_a_roundabout_path|asked|refused
the real shell (bash.real)|the_real_shell|in|refused
the real shell by its other name|the_real_shell_by_its_other_name|in|refused
another argv[0]|another_argv0|asked|refused
the guest by its own name|the_guest_itself|refused|refused
ssh-entry without ssh|ssh_entry_without_ssh|asked|asked
python|python|in|refused
a shell below python|python_and_a_shell|in|refused
perl|perl|in|refused
awk|awk|in|refused
find -exec|find_exec|in|refused
the dynamic loader as a program|the_loader|in|refused
the dynamic loader and the wrapper|the_loader_and_the_wrapper|refused|refused
a nested pid namespace|a_nested_namespace|in|refused
a shell with --privileged|privileged_shell|asked|asked
a program with --privileged|privileged_program|in|refused
busybox of a package|busybox_of_a_package|asked|asked
busybox by podman cp|a_copied_busybox|in|refused
a shell by podman cp|a_copied_shell|in|refused
env -i|env_i|asked|refused
preset variables|preset_variables|asked|asked
LD_PRELOAD|ld_preload|asked|asked
a ticket once more|a_ticket_again|asked|asked
a ticket once more, with a program|a_ticket_again_with_a_program|in|refused
a ticket of who read the hash|a_ticket_of_who_read_the_hash|in|in
a daemonised child|a_daemonised_child|in|in
ptrace of who is asked|ptrace_of_who_is_asked|refused|refused
the developer replaces the wrapper|replacing_the_wrapper|refused|refused
the developer replaces the real shell|replacing_the_real_shell|refused|refused
the developer reads the guest|reading_the_guest|refused|refused
the developer reads the hash|reading_the_hash|refused|refused
root reads the hash|reading_the_hash_as_root|in|refused
taking the gate's socket away|taking_the_socket_away|asked|asked
somebody else's socket in the gate's place|the_socket_of_somebody_else|asked|refused
a shell while the container starts|racing_a_start|asked|asked
a key by podman cp|key_of_a_stranger|asked|asked
a key in the home|key_of_a_stranger_in_the_home|refused|refused
attach to PID 1|attached_stdin|refused|refused
commit and run|commit_and_run|in|in
a second container on the home|a_second_container|in|in
nsenter into its namespaces|its_namespaces|in|in
"

try() # STRENGTH TRICK WANTED
{
	name=$1 dev=winalux-$1-dev
	local port_name=ssh_port_$1
	ssh_port=${!port_name}
	equal "$3" "$("$2")"
}

start_service
first "a workspace for each strength gets in by its key file" starts
for strength in "${strengths[@]}"; do
	# shellcheck disable=SC2034 # the column is named by the strength
	while IFS='|' read -r what trick of_shell of_strict; do
		[ -n "$what" ] || continue
		verdict=of_$strength
		it "$strength: $what: ${!verdict}" try "$strength" "$trick" "${!verdict}"
	done <<<"$tricks"
done
