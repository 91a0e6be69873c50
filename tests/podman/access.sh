#!/bin/bash
# SPDX-License-Identifier: MIT
# A first deploy of two workspaces, and every way in that a developer uses.
. "$(dirname "$0")/lib.sh"

begin_inventory
{
	workspace alice "sidecars: [redis, memcached]"
	workspace bob
} >>"$inventory"

deploys()
{
	status 0 deploy
	contains "$out" alice
	contains "$out" "ssh "
	running winalux-alice-dev winalux-alice-redis winalux-alice-memcached winalux-bob-dev
	[[ $(banner "$ssh_port_alice") == SSH-2.0-* ]]
	[[ $(banner "$ssh_port_bob") == SSH-2.0-* ]]
	use_ssh
}

pins_host_keys()
{
	grep -q "winalux-alice ssh-ed25519" "$work/home/.ssh/winalux/known_hosts"
	equal developer "$(remote alice id -un)"
	# An impostor with another host key is refused: bob behind alice's alias.
	status 255 timeout 120 ssh -F "$work/ssh_config" -p "$ssh_port_bob" alice.winalux true
	contains "$err" "Host key verification failed"
}

only_the_key_opens()
{
	make_key "$work/stranger"
	status 255 stranger "$work/stranger" "$ssh_port_alice" true
	status 255 ssh -F "$work/ssh_config" -o PreferredAuthentications=password,keyboard-interactive \
		-o PubkeyAuthentication=no alice.winalux true
	contains "$err" "(publickey)"
	status 255 ssh -F "$work/ssh_config" -l root alice.winalux true
}

commands_keep_streams_and_status()
{
	status 42 remote alice 'echo to-out; echo to-err >&2; exit 42'
	equal to-out "$out"
	equal to-err "$err"
	equal "a  b" "$(echo "a  b" | remote alice cat)"
	head -c 300000 /dev/urandom >"$work/bytes"
	remote alice cat <"$work/bytes" | cmp - "$work/bytes"
}

has_a_terminal()
{
	local seen
	seen=$(script -qec "stty rows 33 cols 97; ssh -F $work/ssh_config -tt alice.winalux 'tty; stty size'" /dev/null)
	contains "$seen" /dev/pts/
	contains "$seen" "33 97"
}

login_shell_is_usable()
{
	local seen
	seen=$(printf 'echo home=$HOME; python3 -c "import sys; print(sys.prefix)"; type -t python3; exit\n' |
		timeout 120 script -qec "ssh -F $work/ssh_config -tt alice.winalux" /dev/null)
	contains "$seen" "home=/home/developer"
	contains "$seen" "/home/developer/venv"
}

copies_files()
{
	printf 'scp\n' >"$work/file"
	scp -q -F "$work/ssh_config" "$work/file" alice.winalux:by-scp
	scp -q -F "$work/ssh_config" alice.winalux:by-scp "$work/back"
	cmp "$work/file" "$work/back"
	printf 'put %s by-sftp\nget by-sftp %s\nls\n' "$work/file" "$work/back2" |
		sftp -q -F "$work/ssh_config" -b - alice.winalux
	cmp "$work/file" "$work/back2"
}

rsync_works()
{
	mkdir -p "$work/tree/deep"
	echo one >"$work/tree/a"
	echo two >"$work/tree/deep/b"
	rsync -a -e "ssh -F $work/ssh_config" "$work/tree/" alice.winalux:tree/
	rsync -a -e "ssh -F $work/ssh_config" alice.winalux:tree/ "$work/tree2/"
	diff -r "$work/tree" "$work/tree2"
}

git_works()
{
	export GIT_SSH_COMMAND="ssh -F $work/ssh_config"
	remote alice git init -q --bare repo.git
	git init -q -b main "$work/repo"
	git -C "$work/repo" -c user.name=t -c user.email=t@t commit -q --allow-empty -m first
	git -C "$work/repo" push -q alice.winalux:repo.git main
	git clone -q -b main alice.winalux:repo.git "$work/clone"
	equal first "$(git -C "$work/clone" log -1 --format=%s)"
}

ports_forward()
{
	free_port
	ssh -F "$work/ssh_config" -N -L "$port:127.0.0.1:6379" -o ExitOnForwardFailure=yes alice.winalux &
	local tunnel=$!
	until_true 10 banner_of_redis "$port"
	kill $tunnel
}

banner_of_redis() # PORT
{
	local line
	exec 5<>"/dev/tcp/127.0.0.1/$1" || return
	printf 'PING\r\n' >&5
	read -r -t 5 line <&5
	exec 5>&-
	[ "$line" = $'+PONG\r' ]
}

sidecars_answer_inside()
{
	contains "$(ask alice 6379 PING)" +PONG
	contains "$(ask alice 11211 version)" VERSION
	# bob has none
	status 1 ask bob 6379 PING
}

ten_logins_at_once()
{
	local i pids=()
	for i in 1 2 3 4 5 6 7 8 9 10; do
		remote alice "sleep 0.2; echo $i" >"$work/login.$i" &
		pids+=($!)
	done
	wait "${pids[@]}"
	for i in 1 2 3 4 5 6 7 8 9 10; do
		equal "$i" "$(<"$work/login.$i")"
	done
}

ssh_config_for_one()
{
	status 0 winalux ssh-config bob
	contains "$out" "Host bob.winalux"
	lacks "$out" alice
	status 0 winalux ssh bob -i "$key" -o IdentitiesOnly=yes -o BatchMode=yes id -un
	equal developer "$out"
	status 9 winalux ssh nobody true
}

start_service
first "a deploy of two workspaces brings up dev containers and sidecars" deploys
it "the host key is pinned, and another one is refused" pins_host_keys
it "no other key, no password and no root gets in" only_the_key_opens
it "ssh commands keep streams, bytes and exit status" commands_keep_streams_and_status
it "ssh gives a terminal with its size" has_a_terminal
it "a login shell starts in the home with its Python environment" login_shell_is_usable
it "scp and sftp copy files both ways" copies_files
it "rsync copies a tree both ways" rsync_works
it "git pushes and clones over ssh" git_works
it "ssh forwards a local port to Redis" ports_forward
it "Redis and Memcached answer from inside, in their own workspace only" sidecars_answer_inside
it "ten logins at once all succeed" ten_logins_at_once
it "ssh-config and ssh work for one workspace" ssh_config_for_one
