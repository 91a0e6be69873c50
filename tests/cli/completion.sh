#!/bin/bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"

bin=$SCRATCH/bin
mkdir -p "$bin"
# A program in place of ours that knows two workspaces, without Podman.
cat >"$bin/winalux" <<'END'
#!/bin/sh
case "$*" in
"list --names") printf 'alice\nbob\n' ;;
"build --names") printf 'data\nweb\n' ;;
esac
END
chmod +x "$bin/winalux"

# What bash offers for these words; the last one is being written.
bash_completes() {
	command_line="bash completes: $*" status=0
	"$WINALUX" completion bash >"$SCRATCH/script" 2>"$SCRATCH/err"
	PATH=$bin:$PATH bash -c '
		script=$1; shift
		. "$script"
		compopt() { :; }
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_winalux
		printf "%s\n" "${COMPREPLY[@]}" | LC_ALL=C sort' - "$SCRATCH/script" "$@" \
		>"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
}

it "completion needs a shell"
run completion
expect_status 2
expect_err_has "'completion' needs SHELL"

it "an unknown shell is refused with those there are"
run completion tcsh
expect_status 2
expect_err_has "no completion for 'tcsh'; there is one for bash, zsh, fish"

for shell in bash zsh fish; do
	it "the script for $shell parses"
	if command -v $shell >/dev/null; then
		run completion $shell
		expect_status 0
		expect_err_empty
		$shell -n "$SCRATCH/out" 2>"$SCRATCH/err" || fail "  $shell -n fails"
	else
		skip "$shell is not installed"
	fi
done

it "bash offers commands"
bash_completes winalux de
expect_out <<'END'
deploy
destroy
END
expect_err_empty

it "bash offers a command's options and the global ones"
bash_completes winalux plan --ver
expect_out <<'END'
--verbose
--verify
--version
END

it "bash offers workspaces"
bash_completes winalux -q ssh ''
expect_out <<'END'
alice
bob
END

it "bash offers inventories and workspaces for deploy"
touch hosts.yml notes.txt
bash_completes winalux deploy ''
expect_out <<'END'
alice
bob
hosts.yml
END
rm -f hosts.yml notes.txt

it "bash offers profiles for build"
bash_completes winalux build w
expect_out <<'END'
web
END

it "bash offers settings for config"
bash_completes winalux config ready
expect_out <<'END'
ready_timeout_s
END

it "bash offers files for an option's value"
touch my.conf
bash_completes winalux --config my
expect_out <<'END'
my.conf
END

it "bash offers files for an option's value behind ="
bash_completes winalux list --config = my
expect_out <<'END'
my.conf
END
rm -f my.conf

it "bash goes on behind an option's value"
bash_completes winalux --socket /tmp/s list --na
expect_out <<'END'
--names
END

it "bash offers workspaces with a colon for cp"
bash_completes winalux cp al
expect_out <<'END'
alice:
END

it "fish offers commands, options and workspaces"
if command -v fish >/dev/null; then
	run completion fish
	mv "$SCRATCH/out" "$SCRATCH/script"
	command_line='fish complete' status=0
	PATH=$bin:$PATH fish -N -c "source $SCRATCH/script
		complete -C 'winalux dep'; complete -C 'winalux ssh a'; complete -C 'winalux plan --veri'" \
		2>"$SCRATCH/err" | cut -f1 >"$SCRATCH/out"
	expect_out <<'END'
deploy
alice
--verify
END
else
	skip "fish is not installed"
fi

it "zsh loads the script"
if command -v zsh >/dev/null; then
	run completion zsh
	mv "$SCRATCH/out" "$SCRATCH/script"
	command_line='zsh -f source' status=0
	zsh -f -c "autoload -U compinit; compinit -u -d $SCRATCH/dump; . $SCRATCH/script
		echo \$_comps[winalux]" >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
	expect_status 0
	expect_err_empty
	expect_out <<'END'
_winalux
END
else
	skip "zsh is not installed"
fi
