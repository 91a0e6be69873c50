#!/bin/bash
# SPDX-License-Identifier: MIT
# Editors that work over ssh, behind both strengths of the gate, with the token in the client's configuration: what
# they start, what they carry through it and what they read is byte for byte what they expect, nothing else is
# printed, and nothing is asked. editors/vscode.sh and editors/jetbrains.sh say what is reproduced.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/editors/jetbrains.sh"

printf 'version: 1\nworkspaces:\n' >"$inventory"
{
	workspace alice "gate: shell"
	workspace bob "gate: strict"
} >>"$inventory"
commit=0123456789abcdef0123456789abcdef01234567

# editor OPTION… HOST [COMMAND…]: ssh as an editor starts it. Whatever ssh would like to ask goes to a program.
editor()
{
	SSH_ASKPASS=$work/askpass SSH_ASKPASS_REQUIRE=force timeout 60 ssh -F "$work/ssh_config" -o BatchMode=no "$@"
}

starts()
{
	status 0 deploy
	use_ssh
	use_tokens alice bob
	printf '#!/bin/sh\necho "$*" >>%s/asked\nexit 1\n' "$work" >"$work/askpass"
	chmod 0755 "$work/askpass"
	python3 - "$work/bytes" "$work/bytes.next" <<'PY'
import os, sys
sent = bytes(range(256)) * 16 + os.urandom(1500000)
open(sys.argv[1], "wb").write(sent)
open(sys.argv[2], "wb").write(bytes((byte + 1) % 256 for byte in sent))
PY
	make_worker "$work/worker"
	make_conversation "$work/sent" "$work/answered"
}

# says WANTED COMMAND…: status 0, WANTED as its only line of output, to the byte, and no error output.
says()
{
	local wanted=$1
	shift
	status 0 "$@"
	printf '%s\n' "$wanted" | cmp - "$work/out"
	equal "" "$err"
}

# --- VS Code ---

# The bootstrap with its input held open by descriptor 7, so that it ends with the case at the latest; output in
# $work/boot.
begin_bootstrap() # NAME ID LISTEN [SSH OPTION…]
{
	local name=$1 id=$2 listen=$3
	shift 3
	rm -f "$work/boot.in"
	mkfifo "$work/boot.in"
	editor -T "$@" "$name.winalux" bash -s <"$work/boot.in" >"$work/boot" 2>"$work/boot.err" &
	bootstrap=$!
	exec 7>"$work/boot.in"
	{
		printf 'id=%s\ncommit=%s\nlisten=%s\n' "$id" "$commit" "$listen"
		cat "$top/tests/podman/editors/vscode.sh"
	} >&7
}

bootstrap_says() # LINE
{
	until_true 30 grep -qx "$1" "$work/boot"
}

# end_bootstrap LINE…: all that it has said, the address ($address) aside, and how it ends when its input does.
end_bootstrap()
{
	exec 7>&-
	wait "$bootstrap"
	printf '%s\n' "$1: running" "platform==Linux==" "arch==$(uname -m)==" "home==/home/developer==" "${@:2}" \
		"listeningOn==$address==" "$1: end" | cmp - "$work/boot"
	equal "" "$(<"$work/boot.err")"
}

find_address()
{
	address=$(sed -n 's/^listeningOn==\(.*\)==$/\1/p' "$work/boot")
}

# post CURL-OPTION…: everything through the tunnel and back, four times at once.
post()
{
	local i posts=()
	for i in 1 2 3 4; do
		curl -sS --fail --max-time 30 --data-binary "@$work/bytes" -o "$work/post.$i" "$@" &
		posts+=($!)
	done
	for i in 1 2 3 4; do
		wait "${posts[i - 1]}"
		cmp "$work/bytes.next" "$work/post.$i"
	done
}

an_editor_starts_its_server() # NAME
{
	local server=.vscode-server/bin/$commit folder=$work/vscode-server-linux
	mkdir -p "$folder/bin"
	cp "$top/tests/podman/editors/server.py" "$folder/bin/code-server"
	cp "$work/bytes" "$folder/ballast"
	chmod 0755 "$folder/bin/code-server"
	tar -czf "$work/archive" -C "$work" vscode-server-linux
	free_port
	begin_bootstrap "$1" 4f1c port -D "$port"
	bootstrap_says "4f1c: needs the server"
	status 0 editor -T "$1.winalux" "cat >$server/archive && touch $server/archive.done" <"$work/archive"
	equal "" "$out$err"
	bootstrap_says "4f1c: end"
	find_address
	post --socks5-hostname "127.0.0.1:$port" "http://127.0.0.1:$address/"
	end_bootstrap 4f1c "4f1c: needs the server"
	editor -T "$1.winalux" cat "$server/ballast" | cmp - "$work/bytes"
	echo "server_$1=$address" >>"$work/ports"
}

# The first connection is gone, the server is not.
the_next_connection_finds_it() # NAME
{
	local before=server_$1
	free_port
	begin_bootstrap "$1" 9e27 port -D "$port"
	bootstrap_says "9e27: end"
	find_address
	equal "${!before}" "$address"
	post --socks5-hostname "127.0.0.1:$port" "http://127.0.0.1:$address/"
	end_bootstrap 9e27 "9e27: found a server"
}

a_server_on_a_socket_is_reached() # NAME
{
	local there=/home/developer/.vscode-server/.$commit.socket.sock here=$work/$1.sock
	begin_bootstrap "$1" a03b socket -L "$here:$there"
	bootstrap_says "a03b: end"
	find_address
	equal "$there" "$address"
	post --unix-socket "$here" http://server/
	end_bootstrap a03b
}

# None ends before all have begun.
many_channels() # NAME
{
	local options=(-o ControlMaster=auto -o ControlPersist=yes -o ControlPath="$work/mux.$1" -T) i shell channels=()
	says here editor "${options[@]}" "$1.winalux" 'rm -rf meeting; mkdir meeting; echo here'
	status 0 editor "${options[@]}" -O check "$1.winalux"
	for i in {1..12}; do
		[ $((i % 2)) -eq 0 ] && shell='sh' || shell="bash -s"
		editor "${options[@]}" "$1.winalux" "$shell" >"$work/channel.$i" 2>"$work/channel.err.$i" <<<"
			: >meeting/$i
			until [ \$(ls meeting | wc -l) -eq 12 ]; do sleep 0.05; done
			echo channel $i
			exit $((i + 100))" &
		channels+=($!)
	done
	for i in {1..12}; do
		status $((i + 100)) wait "${channels[i - 1]}"
		echo "channel $i" | cmp - "$work/channel.$i"
		equal "" "$(<"$work/channel.err.$i")"
	done
	status 0 editor "${options[@]}" -O exit "$1.winalux"
}

commands_end_with_their_status() # NAME
{
	local wanted
	for wanted in 0 126 255; do
		status $wanted editor -T "$1.winalux" "exit $wanted"
		equal "" "$out$err"
	done
	status 3 editor "$1.winalux" "sh -c 'exit 3'"
	equal "" "$out$err"
	status 1 editor "$1.winalux" 'test -t 0 || test -t 1 || test -t 2'
	equal "" "$out$err"
}

# --- JetBrains ---

gateway_probes() # NAME
{
	connect_gateway "$1"
	says "Linux $(uname -m)" gateway "$1" uname -sm
	# shellcheck disable=SC2016
	{
		says /home/developer gateway "$1" 'echo $HOME'
		says 'a  b|c "d"|it'\''s|2|$HOME|\|' gateway "$1" "sh -l -c $(
			quoted 'printf "%s|" "a  b" '\''c "d"'\'' "it'\''s" "$((1 + 1))" "\$HOME" \\; echo')"
		says "/home/developer it's \"$1\"" gateway "$1" "sh -l -c $(
			quoted "bash -c $(quoted "echo \"\$HOME it's \\\"$1\\\"\"")")"
	}
}

gateway_uploads_its_worker() # NAME
{
	status 0 upload_worker "$1" "$work/worker"
	equal "" "$out$err"
	status 126 gateway "$1" "$worker_folder/worker channel"
	equal "" "$out"
	status 0 gateway "$1" "chmod +x $worker_folder/worker"
	equal "" "$out$err"
	gateway "$1" cat "$worker_folder/worker" | cmp - "$work/worker"
}

workers_talk() # NAME
{
	local i channels=()
	for i in {1..8}; do
		gateway "$1" "$worker_folder/worker channel" <"$work/sent" >"$work/worker.$i" 2>"$work/worker.err.$i" &
		channels+=($!)
	done
	for i in {1..8}; do
		status 42 wait "${channels[i - 1]}"
		cmp "$work/answered" "$work/worker.$i"
		equal "" "$(<"$work/worker.err.$i")"
	done
}

a_worker_answers_in_turn() # NAME
{
	says "as it should be, status 42" converse 100 timeout 60 ssh -F "$work/ssh_config" -S "$work/gateway.$1" \
		"$1.winalux" "$worker_folder/worker channel"
}

a_forward_reaches_the_worker() # NAME
{
	local i served talks=() there
	rm -f "$work/serve.in"
	mkfifo "$work/serve.in"
	gateway "$1" "$worker_folder/worker serve" <"$work/serve.in" >"$work/serve" 2>"$work/serve.err" &
	served=$!
	exec 7>"$work/serve.in"
	until_true 30 grep -q '^Join link: ' "$work/serve"
	there=$(sed 's/.*:\([0-9]*\)#.*/\1/' "$work/serve")
	free_port
	status 0 gateway "$1" -O forward -L "$port:127.0.0.1:$there"
	for i in 1 2 3 4; do
		talk_to "$port" "$work/sent" "$work/talk.$i" &
		talks+=($!)
	done
	for i in 1 2 3 4; do
		wait "${talks[i - 1]}"
		cmp "$work/answered" "$work/talk.$i"
	done
	exec 7>&-
	wait $served
	echo "Join link: tcp://127.0.0.1:$there#jt=0&p=IU" | cmp - "$work/serve"
	equal "" "$(<"$work/serve.err")"
	status 0 gateway "$1" -O exit
}

# --- both ---

# What an editor's server answers is worth nothing if the key alone would have opened.
the_token_was_needed() # NAME
{
	status 126 remote "$1" -o SetEnv=LC_WINALUX_TOKEN= true
	equal "" "$out"
}

nothing_was_asked()
{
	fails cat "$work/asked"
	# where there is a question, the program is called
	status 255 editor -o StrictHostKeyChecking=ask -o UserKnownHostsFile=/dev/null alice.winalux true
	contains "$(<"$work/asked")" "continue connecting"
}

start_service
first "two workspaces get a gate" starts
for name in alice bob; do
	[ $name = alice ] && gate=shell || gate=strict
	it "$gate: VS Code brings its server, starts it and reaches it" an_editor_starts_its_server $name
	it "$gate: the server outlives its connection, and the next one finds it" the_next_connection_finds_it $name
	it "$gate: a server on a socket is reached" a_server_on_a_socket_is_reached $name
	it "$gate: many channels of one connection" many_channels $name
	it "$gate: commands without a terminal end with their status" commands_end_with_their_status $name
	it "$gate: JetBrains Gateway's probes keep their quoting" gateway_probes $name
	it "$gate: its worker is uploaded whole" gateway_uploads_its_worker $name
	it "$gate: many workers answer byte for byte" workers_talk $name
	it "$gate: a worker answers in turn, and ends when its input does" a_worker_answers_in_turn $name
	it "$gate: a forward reaches the port of a worker" a_forward_reaches_the_worker $name
	it "$gate: without the token nothing would have opened" the_token_was_needed $name
done
it "nothing was asked by any of these" nothing_was_asked
