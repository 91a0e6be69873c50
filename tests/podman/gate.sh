#!/bin/bash
# SPDX-License-Identifier: MIT
# The gate: a key is not enough, everything that developers do with ssh goes on as it did, and shells from outside
# are asked. Trials of strength "shell"; what editors do is in editors.sh.
. "$(dirname "$0")/lib.sh"

begin_inventory
{
	workspace alice
	workspace bob
} >>"$inventory"

# Sets $token and the lines of /etc/winalux/gate in $work/gate.
new_token()
{
	token=$(python3 - "$work/gate" <<'END'
import hashlib, os, sys
alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
token, salt = os.urandom(16), os.urandom(16)
number = int.from_bytes(token, "big") << 2
values = [number >> (125 - 5 * i) & 31 for i in range(26)]
check = sum((i + 1) * v for i, v in enumerate(values)) % 1021
text = "".join(alphabet[v] for v in values + [check >> 5, check & 31])
digest = hashlib.blake2b(token, digest_size=32, key=salt).hexdigest()
with open(sys.argv[1], "w") as file:
    file.write(f"winalux-gate\t1\ntoken\t{salt.hex()}\t{digest}\n")
print("-".join(text[i:i + 4] for i in range(0, 28, 4)))
END
)
	echo "token=$token" >>"$work/ports"
}

# A ticket as the host makes it, from the hash in $work/gate.
new_ticket() # [SECONDS]
{
	python3 - "$work/gate" "${1:-30}" <<'END'
import hashlib, os, sys, time
key = bytes.fromhex(open(sys.argv[1]).read().split()[4])
expiry, nonce = str(int(time.time()) + int(sys.argv[2])), os.urandom(16).hex()
mac = hashlib.blake2b(digest_size=16, key=key)
for part in ("winalux ticket 1", expiry, nonce):
    mac.update(len(part).to_bytes(8, "little") + part.encode())
print(f"{expiry}.{nonce}.{mac.hexdigest()}")
END
}

# put_gate NAME STRENGTH FORWARDING: what a deploy will write, by hand; $work/gate goes along. Back when PID 1 has it.
put_gate()
{
	local dev=winalux-$1-dev seen
	seen=$(podman logs "$dev" 2>&1 | grep -c '"event":"reloaded"' || :)
	podman cp "$dev:/etc/winalux/guest.conf" "$work/guest.conf"
	sed -i '/^gate\t/d; /^forwarding\t/d' "$work/guest.conf"
	printf 'gate\t%s\nforwarding\t%s\n' "$2" "$3" >>"$work/guest.conf"
	chmod 0644 "$work/guest.conf"
	chmod 0400 "$work/gate"
	podman cp "$work/guest.conf" "$dev:/etc/winalux/guest.conf"
	podman cp "$work/gate" "$dev:/etc/winalux/gate"
	chmod 0600 "$work/gate"
	podman kill -s HUP "$dev"
	until_true 10 has_reloaded "$dev" $((seen + 1))
}

has_reloaded() # CONTAINER COUNT
{
	[ "$(podman logs "$1" 2>&1 | grep -c '"event":"reloaded"')" -ge "$2" ]
}

# with_token NAME COMMAND…: remote, with the token where a client's SetEnv puts it.
with_token()
{
	local name=$1
	shift
	timeout 120 ssh -F "$work/ssh_config" -o SetEnv="LC_WINALUX_TOKEN=$token" "$name.winalux" "$@"
}

# type_into 'TEXT' COMMAND…: on a terminal of its own; what is typed comes once the prompt is there.
type_into()
{
	python3 - "$@" <<'END'
import os, pty, select, signal, sys, time
typed, argv = sys.argv[1].encode().decode("unicode_escape").encode("latin1"), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(argv[0], argv)
seen, parts, deadline = b"", typed.split(b"|"), time.time() + 60
while time.time() < deadline:
    if select.select([fd], [], [], 0.1)[0]:
        try:
            data = os.read(fd, 4096)
        except OSError:
            break
        if not data:
            break
        seen += data
    # "|" parts what waits for a prompt each: a passcode's, or a shell's
    if parts and seen.rstrip(b" ").endswith((b":", b"$", b"#")):
        os.write(fd, parts.pop(0))
        seen += b"<typed>"
else:
    os.kill(pid, signal.SIGKILL)
    print("TIMEOUT")
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stdout.write(seen.decode("utf-8", "replace").replace("\r", "") + f"\nstatus={status}\n")
END
}

events() # NAME
{
	podman logs "winalux-$1-dev" 2>&1
}

starts()
{
	status 0 deploy
	use_ssh
	equal developer "$(remote alice id -un)"
	new_token
	put_gate alice shell open
}

shells_are_put_away()
{
	equal /usr/lib/winalux/winalux-guest "$(with_token alice readlink /bin/bash)"
	equal /usr/lib/winalux/winalux-guest "$(with_token alice readlink /usr/bin/sh)"
	contains "$(with_token alice cat /var/lib/dpkg/diversions)" "/opt/winalux/shells/bash"
	with_token alice 'dpkg -S /usr/bin/bash; dpkg-divert --truename /usr/bin/bash' >"$work/dpkg"
	grep -x /usr/lib/winalux-shells/bash "$work/dpkg"
}

key_alone_is_not_enough()
{
	status 126 remote alice id
	equal "" "$out"
	equal 1 "$(wc -l <"$work/err")"
	contains "$err" "LC_WINALUX_TOKEN"
	contains "$err" "winalux token show"
	contains "$(events alice)" '"event":"login"'
}

nothing_of_the_home_runs_before()
{
	with_token alice 'mkdir -p ~/.ssh; echo "touch ~/ran" >~/.ssh/rc
		echo "BASH_ENV=/home/developer/.ssh/rc" >~/.ssh/environment
		cp ~/.bashrc ~/bashrc.kept; { echo "touch ~/ran"; cat ~/bashrc.kept; } >~/.bashrc; rm -f ~/ran'
	status 126 remote alice true
	status 126 timeout 120 ssh -F "$work/ssh_config" -o SetEnv="BASH_ENV=/home/developer/.ssh/rc" alice.winalux true
	status 126 timeout 120 ssh -F "$work/ssh_config" -s alice.winalux sftp
	fails podman exec winalux-alice-dev test -e /home/developer/ran
	with_token alice 'mv ~/bashrc.kept ~/.bashrc; rm -f ~/ran ~/.ssh/rc ~/.ssh/environment'
}

token_opens()
{
	equal developer "$(with_token alice id -un)"
	contains "$(events alice | grep '"event":"entry"' | tail -n 1)" '"way":"ssh","user":"developer","key":"SHA256:'
	# another workspace's gate is its own
	equal developer "$(remote bob id -un)"
}

quoting_is_kept()
{
	local command='printf "%s|" "a  b" '\''c"d'\'' $((1+1)) "\\" é; echo "$0 $#"; exit 7'
	status 7 remote bob "$command"
	local plain=$out
	status 7 with_token alice "$command"
	equal "$plain" "$out"
	equal "" "$err"
	equal "a  b" "$(echo "a  b" | with_token alice cat)"
	head -c 300000 /dev/urandom >"$work/bytes"
	with_token alice cat <"$work/bytes" | cmp - "$work/bytes"
	equal "x y" "$(printf 'echo x y\n' | with_token alice bash -s)"
	equal "x y" "$(printf 'echo x y\n' | with_token alice)"
	status 255 remote bob 'kill -TERM $$'
	status 255 with_token alice 'kill -TERM $$'
}

environment_is_the_same()
{
	remote bob 'env | sort' | sed 's/bob/NAME/g' | grep -v '^SSH_\|^HOSTNAME\|^SHELL=' >"$work/plain"
	with_token alice 'env | sort' | sed 's/alice/NAME/g' | grep -v '^SSH_\|^HOSTNAME\|^SHELL=' >"$work/gated"
	diff "$work/plain" "$work/gated"
	lacks "$(with_token alice 'env; cat /proc/$$/environ /proc/$PPID/environ 2>/dev/null' | tr '\0' '\n')" "$token"
	with_token alice set >"$work/set"
	fails grep "ORIGINAL_COMMAND\|WINALUX_TOKEN" "$work/set"
}

token_is_seen_by_nobody()
{
	remote_loop='import glob, time
end, hits = time.time() + 4, 0
while time.time() < end:
    for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
        try:
            hits += b"WINALUX_" + b"TOKEN=" in open(path, "rb").read()
        except OSError:
            pass
print("hits", hits)'
	with_token alice python3 -c "'$remote_loop'" >"$work/hits" &
	local watcher=$! i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		with_token alice true
	done
	wait $watcher
	equal "hits 0" "$(<"$work/hits")"
	lacks "$(events alice)" "$token"
}

copies_files()
{
	printf 'scp\n' >"$work/file"
	local options=(-q -F "$work/ssh_config" -o SetEnv="LC_WINALUX_TOKEN=$token") protocol
	for protocol in -O -s; do
		scp $protocol "${options[@]}" "$work/file" alice.winalux:by-scp
		scp $protocol "${options[@]}" alice.winalux:by-scp "$work/back"
		cmp "$work/file" "$work/back"
		status 255 scp $protocol -q -F "$work/ssh_config" "$work/file" alice.winalux:no || [ -n "$err" ]
	done
	printf 'put %s by-sftp\nls\n' "$work/file" | sftp "${options[@]}" -b - alice.winalux
	fails sftp -q -F "$work/ssh_config" -b - alice.winalux <<<ls
	mkdir -p "$work/tree/deep"
	echo one >"$work/tree/a b"
	rsync -a -e "ssh -F $work/ssh_config -o SetEnv=LC_WINALUX_TOKEN=$token" "$work/tree/" alice.winalux:tree/
	rsync -a -e "ssh -F $work/ssh_config -o SetEnv=LC_WINALUX_TOKEN=$token" alice.winalux:tree/ "$work/tree2/"
	diff -r "$work/tree" "$work/tree2"
	export GIT_SSH_COMMAND="ssh -F $work/ssh_config -o SetEnv=LC_WINALUX_TOKEN=$token"
	with_token alice git init -q --bare repo.git
	git init -q -b main "$work/repo"
	git -C "$work/repo" -c user.name=t -c user.email=t@t commit -q --allow-empty -m first
	git -C "$work/repo" push -q alice.winalux:repo.git main
}

inner_shells_pass()
{
	with_token alice bash -s <<'END' >"$work/out"
set -e
cd "$(mktemp -d)"
printf '#!/bin/sh\necho script $0 $#\n' >bash && chmod +x bash && ./bash one
printf '#!/bin/bash -e\n[ -n "$BASH_VERSION" ] && echo is-bash\n' >sh && chmod +x sh && ./sh
sh -c 'echo "$0 $1"; exit 3' name arg || echo status $?
python3 -c 'import os, subprocess; os.system("echo system"); print(subprocess.run("exit 5", shell=True).returncode)'
bash -c 'exec -a myname bash -c "echo \$0"'
env -i /bin/sh -c 'echo bare'
(setsid sh -c 'sleep 0.2; echo daemon >late' &)
until [ -s late ]; do sleep 0.05; done
cat late
rbash -c 'cd /' 2>/dev/null || echo restricted
ls -l /proc/self/fd | wc -l
sh -c 'ls -l /proc/self/fd | wc -l'
END
	printf '%s\n' "script ./bash 1" is-bash "name arg" "status 3" system 5 myname bare daemon restricted |
		diff - <(head -n 10 "$work/out")
	equal 1 "$(tail -n 2 "$work/out" | sort -u | wc -l)"
}

nested_namespaces_pass()
{
	status 0 with_token alice 'unshare -Urfp sh -c "echo \$\$" </dev/null'
	equal 1 "$out"
}

sandboxes_with_usr_alone_have_shells()
{
	with_token alice 'unshare -Urm sh -s' >"$work/out" <<'END'
set -e
mkdir -p box/usr box/dev
mount --rbind /usr box/usr
for name in bin lib lib64; do ln -sfn usr/$name box/$name; done
chroot box /bin/bash -c 'sh -c "echo in a box \$0"; ls /'
END
	equal "$(printf '%s\n' "in a box sh" bin dev lib lib64 usr)" "$(<"$work/out")"
}

login_asks_on_the_terminal()
{
	local seen
	seen=$(type_into "$token\\n|tty; shopt -q login_shell && echo login; echo \$0; exit 4\\n" \
		ssh -F "$work/ssh_config" -tt alice.winalux)
	contains "$seen" "W I N A L U X   W O R K S T A T I O N"
	contains "$seen" "Secure rootless development environment"
	contains "$seen" "Passcode for ALICE:"
	contains "$seen" "**********************************"
	lacks "$seen" "$token"
	contains "$seen" /dev/pts/
	contains "$seen" -bash
	contains "$seen" status=4
	# backspace, and no dashes in lower case
	local plain=${token,,}
	seen=$(type_into "xy\\x7f\\x7f${plain//-/}\\n|exit\\n" ssh -F "$work/ssh_config" -tt alice.winalux)
	contains "$seen" $'**\b \b\b \b**'
	contains "$seen" status=0
}

a_typo_is_told_apart()
{
	local wrong=${token:0:1} seen
	[ "$wrong" = 2 ] && wrong=3 || wrong=2
	seen=$(type_into "$wrong${token:1}\\n|$token\\n|exit\\n" ssh -F "$work/ssh_config" -tt alice.winalux)
	contains "$seen" "mistyped"
	contains "$seen" status=0
}

a_typo_without_a_terminal_is_called_one()
{
	local wrong=${token:0:1} right=$token
	[ "$wrong" = 2 ] && wrong=3 || wrong=2
	token=$wrong${right:1}
	status 126 with_token alice true
	contains "$err" "mistyped"
	token=$right
}

# What is inside cannot bring the gate down for those outside: neither by wrong tokens nor by holding connections.
guesses_from_inside_lock_nobody_out()
{
	with_token alice python3 - <<'END' >"$work/guesses" &
import socket, time
wrong, held = b"0" * 28, []
for i in range(150):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect("/run/winalux/gate.sock")
    s.send(b"token\tssh\t" + wrong)
    held.append(s)
print("held", flush=True)
time.sleep(8)
END
	local holder=$!
	until_true 10 grep -q held "$work/guesses"
	equal in "$(with_token alice echo in)"
	equal in "$(podman exec -e LC_WINALUX_TOKEN="$token" winalux-alice-dev bash -c 'echo in')"
	lacks "$(events alice)" '"event":"lockout"'
	wait $holder
}

a_gate_without_its_socket_is_shut()
{
	local dev=winalux-alice-dev move='import os, sys; os.rename(*["/run/winalux/" + name for name in sys.argv[1:]])'
	podman exec --user 0 $dev python3 -c "$move" gate.sock gone
	status 126 podman exec $dev bash -c 'echo in'
	contains "$err" "does not answer"
	status 126 podman exec --user 0 -e LC_WINALUX_TOKEN="$token" $dev sh -c 'echo in'
	podman exec --user 0 $dev python3 -c "$move" gone gate.sock
	equal in "$(podman exec -e LC_WINALUX_TOKEN="$token" $dev bash -c 'echo in')"
}

jobs_can_be_stopped()
{
	local seen
	seen=$(type_into "$token\\n|sh -c 'kill -STOP \$\$; echo resumed'\\n|jobs; fg\\n|exit 0\\n" \
		ssh -F "$work/ssh_config" -tt alice.winalux)
	contains "$seen" Stopped
	contains "$seen" resumed
	contains "$seen" status=0
}

ports_forward()
{
	free_port
	with_token alice 'python3 -m http.server 8099 >/dev/null 2>&1 & echo started'
	ssh -F "$work/ssh_config" -N -L "$port:127.0.0.1:8099" -D "$((port + 1))" -o ExitOnForwardFailure=yes \
		alice.winalux &
	local tunnel=$!
	until_true 10 curl -sf -o /dev/null "http://127.0.0.1:$port/"
	curl -sf -o /dev/null --socks5 "127.0.0.1:$((port + 1))" http://127.0.0.1:8099/
	kill $tunnel
}

sockets_of_the_gate_cannot_be_forwarded()
{
	ssh -F "$work/ssh_config" -N -L "$work/s.sock:/run/winalux/gate.sock" alice.winalux 2>/dev/null &
	local tunnel=$!
	until_true 10 test -S "$work/s.sock"
	fails curl -s -m 3 --unix-socket "$work/s.sock" http://gate/
	kill $tunnel
}

remote_ports_and_agents_forward()
{
	eval "$(ssh-agent)" >/dev/null
	ssh-add -q "$key"
	contains "$(ssh -F "$work/ssh_config" -A -o SetEnv="LC_WINALUX_TOKEN=$token" alice.winalux ssh-add -l)" SHA256:
	kill "$SSH_AGENT_PID"
	contains "$(ssh -F "$work/ssh_config" -o SetEnv="LC_WINALUX_TOKEN=$token" \
		-R "7777:127.0.0.1:$ssh_port_bob" alice.winalux \
		"bash -c 'exec 3<>/dev/tcp/127.0.0.1/7777; read -r line <&3; echo \$line'")" SSH-2.0-
}

exec_is_challenged()
{
	local dev=winalux-alice-dev shell seen
	for shell in bash sh /bin/dash /usr/bin/bash; do
		status 126 podman exec $dev $shell -c 'echo in'
		equal "" "$out"
		contains "$err" "winalux exec"
	done
	status 126 podman exec --user 0 $dev bash -c 'echo in'
	seen=$(type_into "$token\\n|echo \$0; exit 3\\n" podman exec -it --user developer $dev bash)
	contains "$seen" "Passcode for ALICE:"
	contains "$seen" status=3
	contains "$(events alice | grep '"event":"entry"' | tail -n 1)" '"way":"exec","user":"developer"'
	contains "$(events alice | grep '"event":"entry"')" '"command":"id -un"'
	contains "$(events alice)" '"event":"refused","way":"exec"'
}

tickets_open_once()
{
	local ticket dev=winalux-alice-dev
	ticket=$(new_ticket)
	status 0 podman exec -e WINALUX_TICKET="$ticket" $dev bash -c 'echo in; env | grep -c TICKET || :'
	equal $'in\n0' "$out"
	status 126 podman exec -e WINALUX_TICKET="$ticket" $dev bash -c 'echo in'
	status 126 podman exec -e WINALUX_TICKET="$(new_ticket -5)" $dev bash -c 'echo in'
	status 126 podman exec -e WINALUX_TICKET="$(new_ticket 300)" $dev bash -c 'echo in'
	status 126 podman exec -e WINALUX_TICKET="${ticket%?}0" $dev bash -c 'echo in'
}

a_shell_that_comes_back_is_put_away()
{
	local dev=winalux-alice-dev
	podman cp $dev:/opt/winalux/shells/bash "$work/bash"
	podman exec $dev cp /opt/winalux/shells/bash /usr/bin/bash.new
	podman exec $dev mv /usr/bin/bash.new /usr/bin/bash
	until_true 5 is_guarded $dev /usr/bin/bash
	contains "$(events alice | tail -n 5)" '"path":"/usr/bin/bash","state":"guarded"'
	status 126 podman exec $dev bash -c 'echo in'
	equal in "$(with_token alice echo in)"
}

is_guarded() # CONTAINER PATH
{
	[ "$(podman exec "$1" readlink "$2")" = /usr/lib/winalux/winalux-guest ]
}

an_upgrade_does_not_open_it()
{
	local dev=winalux-alice-dev
	podman exec -i --user 0 $dev /usr/bin/python3 - <<'END'
import os, shutil, subprocess
top = "/tmp/pkg"
os.makedirs(top + "/DEBIAN"); os.makedirs(top + "/usr/bin")
status = subprocess.run(["dpkg-query", "-s", "dash"], capture_output=True, text=True).stdout
version = [l for l in status.splitlines() if l.startswith("Version")][0].split(": ")[1]
open(top + "/DEBIAN/control", "w").write(
    f"Package: dash\nVersion: {version}+new\nArchitecture: all\nEssential: yes\nMaintainer: t <t@t>\nDescription: t\n")
shutil.copy("/opt/winalux/shells/dash", top + "/usr/bin/dash")
with open(top + "/usr/bin/dash", "ab") as f:
    f.write(b"upgraded")
os.symlink("dash", top + "/usr/bin/sh")
subprocess.run(["dpkg-deb", "-b", "--root-owner-group", top, "/tmp/dash.deb"], check=True)
subprocess.run(["dpkg", "-i", "--force-all", "/tmp/dash.deb"], check=True)
END
	until_true 5 is_guarded $dev /usr/bin/dash
	is_guarded $dev /usr/bin/sh
	with_token alice 'tail -c 8 /opt/winalux/shells/dash' | grep upgraded
	equal in "$(with_token alice "sh -c 'echo in'")"
}

rotation_keeps_sessions()
{
	mkfifo "$work/in"
	local old=$token session
	with_token alice cat <"$work/in" >"$work/session" &
	session=$!
	exec 7>"$work/in"
	echo before >&7
	until_true 10 grep before "$work/session"
	new_token
	put_gate alice shell open
	echo after >&7
	exec 7>&-
	wait $session
	equal $'before\nafter' "$(<"$work/session")"
	equal in "$(with_token alice echo in)"
	token=$old
	status 126 with_token alice echo in
	contains "$err" "winalux token show"
}

forwarding_can_be_closed()
{
	put_gate alice shell closed
	free_port
	ssh -F "$work/ssh_config" -N -L "$port:127.0.0.1:8099" alice.winalux 2>"$work/err" &
	local tunnel=$!
	until_true 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port"
	fails curl -sf -m 3 -o /dev/null "http://127.0.0.1:$port/"
	kill $tunnel
	put_gate alice shell open
}

guesses_are_slowed_and_locked()
{
	local right=$token i started=$SECONDS
	cp "$work/gate" "$work/gate.right"
	podman logs winalux-alice-dev >"$work/before" 2>&1
	make_key "$work/other"
	new_token
	local wrong=$token
	cp "$work/gate.right" "$work/gate"
	token=$wrong
	for i in 1 2 3 4 5 6 7 8 9 10; do
		timeout 120 podman exec -e LC_WINALUX_TOKEN="$wrong" winalux-alice-dev bash -c true \
			>"$work/guess.$i" 2>&1 &
		eval "guess_$i=\$!"
	done
	for i in 1 2 3 4 5 6 7 8 9 10; do
		local pid=guess_$i
		wait "${!pid}" || :
	done
	[ $((SECONDS - started)) -ge 15 ]
	contains "$(events alice)" '"event":"lockout"'
	status 126 podman exec -e LC_WINALUX_TOKEN="$right" winalux-alice-dev bash -c 'echo in'
	contains "$err" locked
	# a key that was let in before is not locked out
	token=$right
	equal in "$(with_token alice echo in)"
	echo "token=$right" >>"$work/ports"
}

without_its_file_all_is_shut()
{
	cp "$work/gate" "$work/gate.right"
	: >"$work/gate"
	put_gate alice shell open
	status 126 with_token alice echo in
	contains "$err" "no token"
	cp "$work/gate.right" "$work/gate"
	put_gate alice shell open
	equal in "$(with_token alice echo in)"
}

off_is_as_before()
{
	put_gate alice off open
	equal in "$(remote alice echo in)"
	equal in "$(podman exec winalux-alice-dev bash -c 'echo in')"
	# a token that is sent all the same gets no further than sshd: it is good again when the gate is on
	lacks "$(with_token alice 'env; cat /proc/$$/environ' | tr '\0' '\n')" "$token"
	equal de_DE.UTF-8 "$(ssh -F "$work/ssh_config" -o SetEnv=LC_TIME=de_DE.UTF-8 alice.winalux 'echo $LC_TIME')"
	put_gate alice shell open
	podman restart -t 2 winalux-alice-dev
	until_true 15 with_token alice true
	status 126 remote alice echo in
}

start_service
first "a workspace gets a gate" starts
it "shells are put away, and dpkg knows" shells_are_put_away
it "a key alone gets one line and status 126" key_alone_is_not_enough
it "nothing of the home runs before the token" nothing_of_the_home_runs_before
it "the token opens, and PID 1 says who came" token_opens
it "commands keep quoting, bytes, streams and status" quoting_is_kept
it "the environment is what it was" environment_is_the_same
it "the token is in no environment and no log" token_is_seen_by_nobody
it "scp, sftp, rsync and git copy" copies_files
it "shells below an entry pass unchanged" inner_shells_pass
it "a nested pid namespace passes" nested_namespaces_pass
it "a sandbox that has only /usr has its shells" sandboxes_with_usr_alone_have_shells
it "a login is asked on its terminal, a star for each character" login_asks_on_the_terminal
it "a mistyped token costs no try" a_typo_is_told_apart
it "a mistyped token in the environment is said to be mistyped" a_typo_without_a_terminal_is_called_one
it "guesses from inside lock nobody out" guesses_from_inside_lock_nobody_out
it "a gate without its socket is shut" a_gate_without_its_socket_is_shut
it "jobs stop and go on" jobs_can_be_stopped
it "ports and SOCKS forward" ports_forward
it "a remote port and an agent forward" remote_ports_and_agents_forward
it "the gate's own socket cannot be forwarded" sockets_of_the_gate_cannot_be_forwarded
it "a shell by podman exec is challenged" exec_is_challenged
it "a ticket opens once, and not for long" tickets_open_once
it "a shell that comes back is put away again" a_shell_that_comes_back_is_put_away
it "a package upgrade does not open the gate" an_upgrade_does_not_open_it
it "a rotation keeps sessions and ends the old token" rotation_keeps_sessions
it "forwarding can be closed" forwarding_can_be_closed
it "guesses are slowed down and locked out, known keys are not" guesses_are_slowed_and_locked
it "without its file the gate is shut" without_its_file_all_is_shut
it "the gate can be off, and holds from the first moment of a start" off_is_as_before
