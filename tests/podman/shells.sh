#!/bin/bash
# SPDX-License-Identifier: MIT
# Shells of Debian's packages and what starts them: each is asked for from outside, and below an accepted entry, or
# below PID 1, it is what it would be without a gate. The image is that of profiles/shells.yml.
. "$(dirname "$0")/lib.sh"

export WINALUX_PROFILE_DIR=$top/tests/podman/profiles
dev=winalux-alice-dev

printf 'version: 1\nworkspaces:\n' >"$inventory"
workspace alice "profile: shells" >>"$inventory"

starts()
{
	status 0 deploy
	use_ssh
	cp "$work/ssh_config" "$work/ssh_config.bare"
	use_tokens alice
	# each command is an entry, whether it has a connection of its own or not
	printf 'Host *\n\tControlMaster auto\n\tControlPath %s\n\tControlPersist 60\n' "$work/mux" \
		>>"$work/ssh_config"
	equal developer "$(remote alice id -un)"
}

# Without the token.
with_key_alone() # COMMAND…
{
	timeout 120 ssh -F "$work/ssh_config.bare" alice.winalux "$@"
}

# says WANTED COMMAND…: that on stdout, nothing on stderr. On standard input is the script of the case.
says()
{
	local wanted=$1
	shift
	status 0 remote alice "$@"
	equal "$wanted" "$out"
	equal "" "$err"
}

# As root, where no shell is needed.
as_root() # COMMAND…
{
	podman exec -i --user 0 $dev "$@"
}

entries()
{
	podman logs $dev 2>&1 | grep -c '"event":"entry"'
}

# --- shells ---

is_asked() # SHELL ARGUMENT…
{
	local user
	for user in developer root; do
		status 126 podman exec --user $user $dev "$@"
		equal "" "$out"
		contains "$err" "this workspace asks for its token"
	done
	equal in "$(podman exec -e LC_WINALUX_TOKEN="$(winalux token show alice)" $dev "$@")"
}

zsh_is_itself()
{
	is_asked zsh -c 'echo in'
	says $'two words\n3' "zsh -c 'echo two words; exit 3'; echo \$?"
	says "5 name arg" 'zsh -fc '\''print ${ZSH_VERSION%%.*} $0 $1'\'' name arg'
	says "zsh" 'env -i /usr/bin/zsh -c "cat /proc/\$\$/comm; true"'
	says "called" 'bash -c "exec -a called zsh -fc \"echo \\\$0\""'
	says "ksh" 'bash -c "exec -a ksh zsh -c \"emulate\""'
	says "interactive login" 'zsh -fil -c '\''[[ -o interactive && -o login ]] && echo interactive login'\'''
	says "below sh" "zsh -c 'sh -c \"echo below sh\"'"
	says $'script one two\nby env zsh' <<-'END_OF_SCRIPT' sh
		printf '#!/usr/bin/zsh -f\nwords=(one two)\nprint script $words\n' >script.zsh && chmod 755 script.zsh
		./script.zsh
		printf '#!/usr/bin/env zsh\nprint by env ${ZSH_VERSION:+zsh}\n' >script.zsh && exec ./script.zsh
	END_OF_SCRIPT
}

fish_is_itself()
{
	is_asked fish -c 'echo in'
	says $'two words\n3' "fish -c 'echo two words; exit 3'; echo \$?"
	says "a,b" "fish -Nc 'string join , \$argv' a b"
	says "yes" 'fish -c "test -n \"\$FISH_VERSION\" && echo yes"'
	says "fish" 'env -i /usr/bin/fish -c "cat /proc/\$fish_pid/comm"'
	says "called" 'bash -c "exec -a called fish -c \"string split0 </proc/\\\$fish_pid/cmdline\" | head -n 1"'
	says "login" "fish -lc 'status is-login && echo login'"
	says "below sh" "fish -c 'sh -c \"echo below sh\"'"
	says "script one-two" <<-'END_OF_SCRIPT' sh
		printf '#!/usr/bin/fish\nset words one two\necho script (string join - $words)\n' >script.fish
		chmod 755 script.fish && exec ./script.fish
	END_OF_SCRIPT
}

busybox_is_itself()
{
	is_asked busybox sh -c 'echo in'
	is_asked /bin/busybox echo in
	says "in" "busybox echo in"
	says "busybox name" "busybox sh -c 'echo busybox \$0' name"
	says "1" "busybox ls -d / | busybox wc -l"
	says $'a link\n2\nsh' <<-'END_OF_SCRIPT' sh
		mkdir -p applets && cd applets
		for name in echo wc ash; do ln -sf /bin/busybox $name; done
		./echo a link
		printf 'one\ntwo\n' | ./wc -l
		./ash -c 'sh -c "echo \$0"'
	END_OF_SCRIPT
	says "script sh" <<-'END_OF_SCRIPT' sh
		printf '#!/bin/busybox sh\necho script $(sh -c "echo \\$0")\n' >script.busybox
		chmod 755 script.busybox && exec ./script.busybox
	END_OF_SCRIPT
}

log_in_by() # SHELL
{
	as_root usermod --shell "$1" developer
}

# A connection has the login shell of its beginning, so it is a new one.
logs_in() # WANTED [COMMAND]; without one standard input is for the login shell
{
	local wanted=$1
	shift
	status 0 timeout 120 ssh -F "$work/ssh_config" -o ControlPath=none -T alice.winalux "$@"
	equal "$wanted" "$out"
	equal "" "$err"
}

# What sshd runs for a session is the shell of /etc/passwd, with ssh-entry where a command would be.
zsh_is_a_login_shell()
{
	log_in_by /usr/bin/zsh
	status 126 with_key_alone 'echo in'
	equal "" "$out"
	status 126 with_key_alone <<<'echo in'
	equal "" "$out"
	logs_in "zsh 5 no" 'print $0 ${ZSH_VERSION%%.*} $([[ -o login ]] || print no)'
	logs_in "-zsh login" <<<'print -- $0 $([[ -o login ]] && print login)'
	log_in_by /bin/bash
}

fish_is_a_login_shell()
{
	log_in_by /usr/bin/fish
	status 126 with_key_alone 'echo in'
	equal "" "$out"
	status 126 with_key_alone <<<'echo in'
	equal "" "$out"
	logs_in "fish no" 'echo fish (status is-login; or echo no)'
	logs_in "fish login" <<<'echo fish (status is-login; and echo login)'
	# what editors start there
	logs_in $'bash 3' 'bash -s; echo $status' <<<'echo -n "${BASH##*/} "; exit 3'
	log_in_by /bin/bash
}

dash_is_a_login_shell()
{
	log_in_by /bin/dash
	status 126 with_key_alone 'echo in'
	equal "" "$out"
	logs_in 'a  b dash' 'echo "a  b" $0'
	logs_in "-dash" <<<'echo $0'
	log_in_by /bin/bash
}

nobody_gets_in_by_an_unguarded_shell()
{
	local shell
	for shell in /bin/ksh /usr/bin/python3; do
		log_in_by $shell
		fails logs_in in 'echo in'
		lacks "$out" in
		fails logs_in in <<<'echo in'
		lacks "$out" in
	done
	log_in_by /bin/bash
	says in "ksh -c 'echo in'"
}

# --- what starts shells, below an entry ---

make_is_not_asked()
{
	says $'at reading\nrecipe of all\ninner make\nbash of BASH' <<-'END_OF_SCRIPT' sh
		mkdir -p make && cd make
		cat >Makefile <<'END_OF_FILE'
		.RECIPEPREFIX = >
		READ := $(shell echo at reading)
		all:
		> @echo "$(READ)"; for i in 1; do echo recipe of $@; done
		> @$(MAKE) --no-print-directory -s inner
		> @$(MAKE) --no-print-directory -s other SHELL=/bin/bash
		inner:
		> @echo inner make
		other:
		> @[[ -n $$BASH_VERSION ]] && echo bash of BASH
		END_OF_FILE
		exec make -j2
	END_OF_SCRIPT
}

git_hooks_are_not_asked()
{
	says $'post-commit sh\npost-commit zsh\nalias' <<-'END_OF_SCRIPT' sh
		rm -rf repo && git init -q -b main repo && cd repo
		printf '#!/bin/sh\necho post-commit $(sh -c "echo \\$0")\n' >.git/hooks/post-commit
		chmod 755 .git/hooks/post-commit
		git -c user.name=t -c user.email=t@t commit -q --allow-empty -m first 2>&1
		printf '#!/usr/bin/zsh\nprint post-commit $(zsh -c "echo \\$0")\n' >.git/hooks/post-commit
		git -c user.name=t -c user.email=t@t commit -q --allow-empty -m second 2>&1
		git -c alias.x='!echo alias' x
	END_OF_SCRIPT
}

git_over_ssh_is_not_asked()
{
	export GIT_SSH_COMMAND="ssh -F $work/ssh_config"
	remote alice 'git init -q --bare -b main bare.git && cd bare.git/hooks
		printf "#!/bin/sh\nwhile read -r old new ref; do echo \"received \$ref\"; done\n" >post-receive
		chmod 755 post-receive'
	git init -q -b main "$work/repo"
	git -C "$work/repo" -c user.name=t -c user.email=t@t commit -q --allow-empty -m first
	status 0 git -C "$work/repo" push -q alice.winalux:bare.git main
	equal "remote: received refs/heads/main" "${err%"${err##*[! ]}"}"
	git clone -q alice.winalux:bare.git "$work/clone"
	equal "$(git -C "$work/repo" rev-parse main)" "$(git -C "$work/clone" rev-parse main)"
	GIT_SSH_COMMAND="ssh -F $work/ssh_config.bare" status 128 git ls-remote alice.winalux:bare.git
	contains "$err" "LC_WINALUX_TOKEN"
}

# Python, Perl and awk stand for what calls system(3), popen(3) and posix_spawn(3); npm's scripts are the first.
programs_are_not_asked()
{
	says $'sh build\n5\nsystem\npopen\nbash' <<-'END_OF_SCRIPT' python3
		import os, subprocess
		print(subprocess.run("echo $0 $npm_lifecycle_event", shell=True, text=True, capture_output=True,
		      env={"npm_lifecycle_event": "build"}).stdout.replace("/bin/", ""), end="", flush=True)
		print(subprocess.run(["sh", "-c", "sh -c 'exit 5'"]).returncode, flush=True)
		os.system("echo system; true")
		print(os.popen("echo popen | cat").read(), end="", flush=True)
		os.waitpid(os.posix_spawnp("bash", ["bash", "-c", "echo ${BASH##*/}"], os.environ), 0)
	END_OF_SCRIPT
	says $'system\nback\npipe\n768' <<-'END_OF_SCRIPT' perl
		$| = 1;
		system("echo system; true");
		print `echo back | cat`;
		open(my $pipe, "-|", "echo pipe; true");
		print <$pipe>;
		print system("exit 3 && true"), "\n";
	END_OF_SCRIPT
	says $'system\npopen' "awk 'BEGIN { system(\"echo system\"); \"echo popen | cat\" | getline line; print line }'"
	says $'find /\nxargs 1\nenv\ntimeout\nnice\nnohup\nscript' <<-'END_OF_SCRIPT' sh
		find / -maxdepth 0 -exec sh -c 'echo find $0' {} \;
		echo 1 | xargs sh -c 'echo xargs $0'
		env -i sh -c 'echo env'
		timeout 10 sh -c 'echo timeout'
		nice sh -c 'echo nice'
		nohup sh -c 'echo nohup' 2>&1
		script -qc 'echo script' /dev/null | tr -d '\r'
	END_OF_SCRIPT
}

packages_are_not_asked()
{
	as_root python3 - <<-'END_OF_SCRIPT'
		import os, subprocess
		def build(name, scripts, files):
		    top = "/tmp/" + name
		    os.makedirs(top + "/DEBIAN", exist_ok=True)
		    scripts["control"] = (f"Package: {name}\nVersion: 1\nArchitecture: all\n"
		                          "Maintainer: t <t@t>\nDescription: t\n")
		    for script, text in scripts.items():
		        with open(f"{top}/DEBIAN/{script}", "w") as file:
		            file.write(text)
		        os.chmod(f"{top}/DEBIAN/{script}", 0o755 if text.startswith("#!") else 0o644)
		    for path in files:
		        os.makedirs(os.path.dirname(top + path), exist_ok=True)
		        open(top + path, "w").close()
		    subprocess.run(["dpkg-deb", "-b", "--root-owner-group", top, top + ".deb"], check=True)
		    return top + ".deb"
		script = "#!/bin/sh\nset -e\necho \"$DPKG_MAINTSCRIPT_NAME $1 $(sh -c 'echo inner')\" >>/tmp/scripts\n"
		interest = "interest /usr/share/winalux-test\n"
		waiting = build("winalux-waiting", {"postinst": script, "triggers": interest}, [])
		bash = script.replace("/bin/sh", "/bin/bash -e")
		coming = build("winalux-coming", {"preinst": script, "postinst": bash, "prerm": script},
		               ["/usr/share/winalux-test/file"])
		subprocess.run(["dpkg", "-i", waiting], check=True)
		subprocess.run(["dpkg", "-i", coming], check=True)
		subprocess.run(["dpkg", "-P", "winalux-coming", "winalux-waiting"], check=True)
	END_OF_SCRIPT
	says "postinst configure inner
preinst install inner
postinst configure inner
postinst triggered inner
prerm remove inner" cat /tmp/scripts
}

# --- what PID 1 starts ---

services_are_not_asked()
{
	until_true 10 remote alice test -s job.out
	says "./job inner" cat job.out
}

# cron runs what is due @reboot when it starts, and once for each start of the container.
cron_is_not_asked()
{
	as_root python3 - <<-'END_OF_SCRIPT'
		import os, signal
		with open("/etc/cron.d/winalux-test", "w") as file:
		    file.write("@reboot developer echo \"$0 $(sh -c 'id -un')\" >/tmp/cron.sh\n"
		               "SHELL=/usr/bin/zsh\n@reboot developer echo ${ZSH_VERSION:+zsh} $0 >/tmp/cron.zsh\n")
		os.unlink("/run/crond.reboot")
		os.kill(int(open("/run/crond.pid").read()), signal.SIGKILL)
	END_OF_SCRIPT
	until_true 20 remote alice test -s /tmp/cron.sh -a -s /tmp/cron.zsh
	says $'/bin/sh developer\nzsh /usr/bin/zsh' cat /tmp/cron.sh /tmp/cron.zsh
}

one_entry_for_all_its_shells()
{
	local before
	before=$(entries)
	says $'sh\nzsh\nfish\nbusybox\nbash' <<-'END_OF_SCRIPT' sh
		echo sh
		echo 'echo zsh; fish all.fish' >all.zsh
		echo 'echo fish; busybox sh all.busybox' >all.fish
		echo 'echo busybox; bash -c "echo bash"' >all.busybox
		exec zsh -f all.zsh
	END_OF_SCRIPT
	equal $((before + 1)) "$(entries)"
}

start_service
first "a workspace with every shell opens by its token" starts
it "zsh is asked for from outside, and itself inside" zsh_is_itself
it "fish is asked for from outside, and itself inside" fish_is_itself
it "busybox is asked for from outside, and itself inside" busybox_is_itself
it "zsh is a login shell" zsh_is_a_login_shell
it "fish is a login shell" fish_is_a_login_shell
it "dash is a login shell" dash_is_a_login_shell
it "nobody gets in by a login shell that is not guarded" nobody_gets_in_by_an_unguarded_shell
it "make asks nobody for its recipes" make_is_not_asked
it "hooks of git ask nobody" git_hooks_are_not_asked
it "git over ssh and its hooks ask nobody twice" git_over_ssh_is_not_asked
it "system, popen and spawn of programs ask nobody" programs_are_not_asked
it "scripts and triggers of packages ask nobody" packages_are_not_asked
it "a service of the profile asks nobody" services_are_not_asked
it "cron asks nobody" cron_is_not_asked
it "an entry is one, however many shells start below it" one_entry_for_all_its_shells
