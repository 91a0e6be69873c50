#!/bin/bash
# SPDX-License-Identifier: MIT
# A thousand connections at a time of who has neither key nor token: PID 1 keeps to its limits, what is open goes on,
# and who has both gets in.
. "$(dirname "$0")/lib.sh"

dev=winalux-alice-dev
connections=1000
# What PID 1 may hold of each (admission.h, gate.h), descriptors beside these, and memory at any time.
sshds_max=60 gate_clients_max=64 files_more=24 memory_max_kb=4096

printf 'version: 1\nworkspaces:\n' >"$inventory"
workspace alice >>"$inventory"

life()
{
	podman inspect --format '{{.State.Pid}} {{.State.StartedAt}} {{.RestartCount}}' $dev
}

starts()
{
	status 0 deploy
	use_ssh
	use_tokens alice
	equal developer "$(remote alice id -un)"
	life >"$work/before"
	read -r pid_1 _ <"$work/before"
	echo "pid_1=$pid_1" >>"$work/ports"
}

# flood.py ssh|gate PORT|SOCKET COUNT PID_1|-: opens them all and holds them until its standard input ends. It says
# "held" and how they were answered once each was, and at the end the most children that PID 1 had at any time.
cat >"$work/flood.py" <<'END_OF_FILE'
import errno, os, resource, select, socket, sys, time
kind, where, count, pid_1 = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))

def connect():
    if kind == "ssh":
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        address = ("127.0.0.1", int(where))
    else:
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        address = where
    s.setblocking(kind != "ssh") # that of the gate waits for its turn in the backlog
    error = s.connect_ex(address)
    if error not in (0, errno.EINPROGRESS):
        sys.exit(f"cannot connect: {os.strerror(error)}")
    s.setblocking(False)
    return s

def children():
    count = 0
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/stat") as file:
                count += name.isdigit() and file.read().rsplit(")", 1)[1].split()[1] == pid_1
        except OSError:
            pass
    return count

poll = select.poll()
open_ones, answers, most = {}, {"let in": 0, "refused": 0, "hung up": 0}, 0
for i in range(count):
    s = connect()
    open_ones[s.fileno()] = s
    poll.register(s, select.POLLIN)
poll.register(0, select.POLLIN)
waiting, said, end = count, False, time.time() + 60
while time.time() < end:
    if pid_1 != "-":
        most = max(most, children())
    for fd, event in poll.poll(50):
        if fd == 0:
            if not os.read(0, 4096):
                print("children", most, flush=True)
                sys.exit(0)
            continue
        try:
            data = open_ones[fd].recv(512)
        except OSError:
            data = b""
        if data.startswith(b"SSH-"):
            answers["let in"] += 1
        elif data:
            answers["refused"] += 1
        elif kind == "ssh":
            answers["hung up"] += 1
        poll.unregister(fd)
        waiting -= 1
        if kind == "gate": # it comes again at once, as long as it is held
            answers["hung up"] += 1
            open_ones.pop(fd).close()
            s = connect()
            open_ones[s.fileno()] = s
            poll.register(s, select.POLLIN)
    if not said and (waiting <= 0 if kind == "ssh" else answers["hung up"] > 2 * count):
        said = True
        print("held", answers, flush=True)
sys.exit("nobody ended it")
END_OF_FILE

# flood COMMAND…: in the background, until flood_ends. What it says is in $work/flood.
flood()
{
	rm -f "$work/flood.in"
	mkfifo "$work/flood.in"
	"$@" <"$work/flood.in" >"$work/flood" 2>&1 &
	flood=$!
	exec 6>"$work/flood.in"
	until_true 50 grep -q "^held" "$work/flood"
}

flood_ends()
{
	exec 6>&-
	wait "$flood"
	cat "$work/flood"
}

# The same PID 1 as ever, with no more than it is allowed.
pid_1_keeps_to_its_limits() # CONNECTIONS
{
	local files memory_kb
	files=$(podman unshare ls "/proc/$pid_1/fd" | wc -l)
	memory_kb=$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB$/\1/p' "/proc/$pid_1/status")
	echo "$files files, $memory_kb kB"
	[ "$files" -le $(($1 + files_more)) ]
	[ "$memory_kb" -le $memory_max_kb ]
	equal "$(<"$work/before")" "$(life)"
}

silent_clients_of_ssh()
{
	local options=(-F "$work/ssh_config" -o ControlPath="$work/mux") most
	ssh "${options[@]}" -M -f -N alice.winalux
	flood python3 "$work/flood.py" ssh "$ssh_port_alice" $connections "$pid_1"
	grep "'refused': [1-9]" "$work/flood"
	pid_1_keeps_to_its_limits $sshds_max
	# who is in stays in, with new channels, and podman's way is another one
	equal in "$(ssh "${options[@]}" alice.winalux echo in)"
	equal in "$(winalux exec alice -- echo in)"
	flood_ends
	most=$(sed -n 's/^children //p' "$work/flood")
	[ "$most" -gt 10 ]
	[ "$most" -le $((sshds_max + 1)) ] # and the connection that was there before
	until_true 20 remote alice true
	ssh "${options[@]}" -O exit alice.winalux
	pid_1_keeps_to_its_limits $sshds_max
}

no_sshd_is_left()
{
	[ "$(podman top $dev args | grep -c '^sshd\|/sshd' || :)" -eq 0 ]
}

silent_clients_of_the_gate() # COMMAND…
{
	podman cp "$work/flood.py" $dev:/tmp/flood.py
	flood "$@" python3 /tmp/flood.py gate /run/winalux/gate.sock $connections -
	pid_1_keeps_to_its_limits $gate_clients_max
	equal in "$(remote alice echo in)"
	equal in "$(podman exec -e LC_WINALUX_TOKEN="$(winalux token show alice)" $dev bash -c 'echo in')"
	equal in "$(winalux exec alice -- sh -c 'echo in')"
	status 126 podman exec $dev bash -c 'echo in'
	flood_ends
	pid_1_keeps_to_its_limits $gate_clients_max
}

drops_are_told()
{
	podman logs $dev >"$work/log" 2>&1
	grep -q '"dropped":\|"event":"dropped"' "$work/log"
}

the_log_stays_short()
{
	until_true 20 drops_are_told
	lacks "$(<"$work/log")" '"event":"lockout"'
	grep -m1 'too many connections' "$work/log"
	[ "$(grep -c '"event":"refused"\|"event":"sshd"' "$work/log")" -le 200 ]
}

start_service
first "a workspace opens by its token" starts
it "a thousand connections to ssh that say nothing" silent_clients_of_ssh
it "no sshd of them is left" until_true 40 no_sshd_is_left
it "a thousand connections to the gate, from below an entry" silent_clients_of_the_gate remote alice
it "a thousand connections to the gate, by podman exec" silent_clients_of_the_gate podman exec -i --user developer $dev
it "what was refused is counted, not told one by one" the_log_stays_short
