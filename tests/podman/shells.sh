#!/bin/bash
# SPDX-License-Identifier: MIT
# Shells and what starts them: those that the image "web" does not have are guarded as well, and nothing below an
# accepted entry, nor any service, is asked. A profile of the test's own; its packages come from the mirror.
. "$(dirname "$0")/lib.sh"

export WINALUX_PROFILE_DIR=$work/profiles
mkdir "$WINALUX_PROFILE_DIR"
cat >"$WINALUX_PROFILE_DIR/shells.yml" <<'END'
version: 1
name: shells
base: localhost/winalux/web:latest
packages: [busybox, cron, fish, mksh, zsh]
services:
  - name: script
    command: [/home/developer/service]
  - name: line
    command: [sh, -c, "echo line: $0 >>/home/developer/line; exec sleep 1000"]
  - name: cron
    user: root
    directory: /
    command: [cron, -f]
END
begin_inventory
workspace alice "profile: shells" "gate: shell" >>"$inventory"
dev=winalux-alice-dev

with_token() # COMMAND…
{
	timeout 30 ssh -F "$work/ssh_config" -o SetEnv="LC_WINALUX_TOKEN=$(winalux token show alice)" alice.winalux "$@"
}

# As root, past the gate, as an administrator would: python3 is no shell.
as_root() # PROGRAM
{
	podman exec --user 0 $dev python3 -c "$1"
}

deploys()
{
	status 0 deploy
	use_ssh
}

every_shell_is_asked()
{
	local shell
	for shell in sh bash dash zsh fish busybox; do
		equal /usr/lib/winalux/winalux-guest "$(podman exec $dev readlink -f "/bin/$shell")"
		status 126 podman exec $dev $shell -c 'echo in'
		equal "" "$out"
		contains "$err" "winalux exec"
	done
	status 126 podman exec $dev busybox ls /
	equal "" "$out"
}

every_shell_works_below_an_entry()
{
	equal "name arg" "$(with_token "zsh -c 'echo \$0 \$1; [[ -n \$ZSH_VERSION ]]' name arg")"
	equal "arg" "$(with_token "fish -c 'set -q FISH_VERSION; and echo \$argv' arg")"
	equal "in" "$(with_token "busybox echo in")"
	equal "by a link" "$(with_token 'ln -sf /bin/busybox echo; ./echo by a link')"
	equal "in" "$(with_token "busybox sh -c 'echo in'")"
	status 3 with_token 'zsh -fc "exit 3"'
	status 4 with_token 'fish -c "exit 4"'
	with_token bash -s <<'END' >"$work/out"
for shell in zsh fish dash bash; do
	printf '#!/usr/bin/%s\necho "%s script"\n' $shell $shell >script
	chmod 755 script
	./script
done
printf '#!/usr/bin/env zsh\necho "zsh by env"\n' >script
./script
END
	printf '%s\n' "zsh script" "fish script" "dash script" "bash script" "zsh by env" | diff - "$work/out"
}

set_login_shell() # PATH
{
	as_root "
import re
text = open('/etc/passwd').read()
open('/etc/passwd', 'w').write(re.sub(r'(?m)^(developer:.*:).*$', r'\1$1', text))"
}

any_of_them_can_be_the_login_shell()
{
	set_login_shell /usr/bin/zsh
	status 126 remote alice true
	equal "zsh" "$(with_token 'echo ${ZSH_VERSION:+zsh}')"
	equal "a  b" "$(with_token 'echo "a  b"')"
	set_login_shell /usr/bin/fish
	status 126 remote alice true
	equal "fish" "$(with_token 'set -q FISH_VERSION; and echo fish')"
	equal "in" "$(echo 'echo in' | with_token)"
	set_login_shell /bin/dash
	equal "a  b" "$(with_token 'echo "a  b"')"
	set_login_shell /bin/bash
}

# Nothing puts such a shell away, so nothing may let it in.
by_an_unguarded_login_shell_nobody_gets_in()
{
	set_login_shell /bin/mksh
	fails remote alice 'echo in' >"$work/out"
	fails with_token 'echo in' >>"$work/out"
	equal "" "$(<"$work/out")"
	set_login_shell /bin/bash
	equal in "$(with_token 'echo in')"
}

nothing_below_an_entry_is_asked()
{
	with_token bash -s <<'END' >"$work/out" 2>"$work/err"
set -e
cd "$(mktemp -d)"
printf 'version := $(shell echo from make)\nall:\n\t@echo "$(version)"; sh -c "echo recipe"\n' >Makefile
make
SHELL=/bin/dash make -s SHELL=/bin/bash
git init -q repo && cd repo
git config user.name t && git config user.email t@t
printf '#!/bin/sh\necho hook >&2\n' >.git/hooks/post-commit
chmod 755 .git/hooks/post-commit
git commit -q --allow-empty -m first
git -c alias.x='!echo alias' x
GIT_SSH_COMMAND='echo ssh:' git ls-remote ssh://h/r 2>/dev/null || :
perl -e 'system("echo system"); print `echo backtick \$((1+1))`; open(P, "-|", "echo popen; true"); print <P>'
python3 -c 'import os; os.system("echo python"); print(os.popen("echo popen").read(), end="")'
awk 'BEGIN { system("echo awk"); "echo pipe" | getline x; print x }'
find . -maxdepth 0 -exec sh -c 'echo find' ';'
echo xargs | xargs -I{} sh -c 'echo {}'
env -i sh -c 'echo bare'
nohup sh -c 'echo nohup' 2>/dev/null
timeout 5 sh -c 'echo timeout'
script -qc 'echo script' /dev/null | tr -d '\r'
END
	printf '%s\n' "from make" recipe "from make" recipe alias system "backtick 2" popen python popen awk pipe find \
		xargs bare nohup timeout script | diff - "$work/out"
	equal hook "$(<"$work/err")"
}

# What packages run while they are installed; root has no session, so by an exec that is no shell.
maintainer_scripts_and_triggers_are_not_asked()
{
	podman exec -i --user 0 $dev python3 - <<'END' >"$work/out" 2>"$work/err"
import os, subprocess
top = "/tmp/pkg"
os.makedirs(top + "/DEBIAN")
open(top + "/DEBIAN/control", "w").write(
    "Package: scripted\nVersion: 1\nArchitecture: all\nMaintainer: t <t@t>\nDescription: t\n")
open(top + "/DEBIAN/triggers", "w").write("interest-noawait /usr/share/scripted\n")
script = '#!/bin/sh\nset -e\necho "postinst $1"; [ "$1" != triggered ] || echo trigger "$(bash -c "echo ran")"\n'
with open(top + "/DEBIAN/postinst", "w") as file:
    file.write(script)
os.chmod(top + "/DEBIAN/postinst", 0o755)
subprocess.run(["dpkg-deb", "-b", "--root-owner-group", top, "/tmp/scripted.deb"], check=True)
subprocess.run(["dpkg", "-i", "/tmp/scripted.deb"], check=True)
subprocess.run(["dpkg-trigger", "--by-package=scripted", "--no-await", "/usr/share/scripted"], check=True)
subprocess.run(["dpkg", "--triggers-only", "-a"], check=True)
END
	contains "$(<"$work/out")" "postinst configure"
	contains "$(<"$work/out")" "trigger ran"
	lacks "$(<"$work/out")$(<"$work/err")" "winalux:"
}

services_are_not_asked()
{
	with_token bash -s <<'END'
printf '#!/bin/sh\necho "script: $(bash -c "echo nested")" >>~/script\nexec sleep 1000\n' >service
chmod 755 service
END
	until_true 20 with_token grep -qx "'script: nested'" script
	until_true 10 with_token grep -q "'^line: '" line
	lacks "$(podman logs $dev 2>&1 | grep '"event":"output"')" "this workspace asks"
}

# "@reboot" is the one time that need not be waited for.
cron_is_not_asked()
{
	cat >"$work/crontab" <<'END'
SHELL=/bin/bash
@reboot developer echo "cron: ${BASH_VERSION:+bash}" >/home/developer/cron
END
	podman cp "$work/crontab" $dev:/etc/cron.d/test
	as_root 'import os
os.chown("/etc/cron.d/test", 0, 0)
os.chmod("/etc/cron.d/test", 0o644)
if os.path.exists("/run/crond.reboot"):
    os.unlink("/run/crond.reboot")'
	status 0 winalux restart alice
	until_true 20 with_token grep -qx "'cron: bash'" cron
}

case_limit_s=200
start_service
first "a workspace has shells of all kinds" deploys
it "every shell of podman exec is asked" every_shell_is_asked
it "every shell works below an entry as ever" every_shell_works_below_an_entry
it "zsh, fish and dash can be the login shell" any_of_them_can_be_the_login_shell
it "by a login shell that is not guarded nobody gets in" by_an_unguarded_login_shell_nobody_gets_in
it "make, git hooks, perl, awk and others start shells unasked" nothing_below_an_entry_is_asked
it "maintainer scripts and triggers of packages are not asked" maintainer_scripts_and_triggers_are_not_asked
it "services of PID 1 are not asked" services_are_not_asked
it "cron is not asked" cron_is_not_asked
