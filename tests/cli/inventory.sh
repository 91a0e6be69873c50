#!/bin/bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"

key='ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGtkZXNrZXlmb3J0ZXN0c29mdGhlY29tbWFuZGxpbmU alice@laptop'
mkdir -p "$home/.ssh"

it "without an inventory validate says so"
run validate
expect_status 2
expect_err_has '^winalux: no inventory'

it "without an inventory deploy names init"
run deploy
expect_status 2
expect_err_has "no inventory: name one, or write a first one with 'winalux init'"

it "init without a public key says how to make one"
run init
expect_status 6
# shellcheck disable=SC2016 # the backquotes are the message's
expect_err_has '^winalux: no usable public key in .*/.ssh/\*.pub; `ssh-keygen -t ed25519` makes one$'
[ ! -e inventory.yml ] || fail "  inventory.yml was written"

ssh-keygen -q -t ed25519 -N '' -C alice@laptop -f "$home/.ssh/id_ed25519" || exit 1
echo 'no key at all' >"$home/.ssh/broken.pub"
key=$(cut -d' ' -f1,2 "$home/.ssh/id_ed25519.pub")

it "init writes an inventory from the keys that are usable"
run init
expect_status 0
expect_out <<'END'
wrote inventory.yml: alice, 1 public key
END
expect_err_has 'broken.pub is left out: '
expect_err_has '^next: winalux deploy$'

it "what init wrote is valid"
run validate inventory.yml
expect_status 0
expect_err_empty
expect_out <<'END'
inventory.yml: 1 workspace, ok
END

it "validate finds inventory.yml by itself"
run validate
expect_status 0
expect_out <<'END'
inventory.yml: 1 workspace, ok
END

it "init does not touch a file that exists"
cp inventory.yml "$SCRATCH/before"
run init
expect_status 2
expect_err_has "'inventory.yml' exists; --force replaces it"
cmp -s inventory.yml "$SCRATCH/before" || fail "  inventory.yml was changed"
grep -q '^usage:' "$SCRATCH/err" && fail "  a refusal shows the usage"

it "init does not take a directory, with or without --force"
mkdir -p some.d
for force in '' --force; do
	run init $force some.d
	expect_status 2
	expect_err_has "^winalux: 'some.d' is a directory; name a file$"
done

it "init refuses a name that is given twice"
run init -n anna -n ben -n anna twice.yml
expect_status 2
expect_err_has "the name 'anna' is given twice"

it "a file that cannot be read is told once"
run validate nowhere.yml
expect_status 3
expect_err <<'END'
winalux: cannot read 'nowhere.yml': No such file or directory
END

it "a file that is no YAML is told once"
printf 'version: [1\n' >broken.yml
run validate broken.yml
expect_status 3
[ "$(wc -l <"$SCRATCH/err")" = 1 ] || fail "  not one line"

it "init --force replaces it, with names"
run -q init --force --name anna -n ben inventory.yml
expect_status 0
expect_out <<'END'
wrote inventory.yml: anna, ben, 1 public key
END
run validate
expect_out <<'END'
inventory.yml: 2 workspaces, ok
END

it "init refuses a name that cannot be one"
run init --name 'Anna Smith' other.yml
expect_status 2
expect_err_has "'Anna Smith' cannot be a name"

it "init makes a name of an account that is none"
USER='Jo.Smith' run init smith.yml
expect_status 0
expect_out_has '^wrote smith.yml: jo-smith, '

it "init --json says what it wrote"
run init --json json.yml
expect_status 0
expect_json 'd == {"file": "json.yml", "workspaces": ["alice"], "public_keys": 1}'

it "the setting 'inventory' is taken where no file is named"
WINALUX_INVENTORY=$home/smith.yml run validate
expect_status 0
expect_out_has 'smith.yml: 1 workspace, ok$'

it "all errors come in one run, each with its place"
cat >bad.yml <<END
version: 1
workspaces:
  - name: alice
    ssh_prot: 2201
    public_key: "$key"
  - name: alice
    ssh_port: 70000
    public_key: nonsense
END
run validate bad.yml
expect_status 3
expect_out_empty
expect_err_has '^winalux: bad.yml:4:5: .*ssh_prot.*ssh_port'
expect_err_has '^winalux: bad.yml:6:'
expect_err_has '^winalux: bad.yml:7:15: '
expect_err_has '^winalux: bad.yml:8:17: '
expect_err_has '^winalux: bad.yml: 4 errors$'

it "validate --json has the same findings"
run validate --json bad.yml
expect_status 3
expect_json 'd["valid"] is False and d["workspaces"] == []'
expect_json '[(x["line"], x["column"]) for x in d["diagnostics"]][0] == (4, 5)'

it "deploy tells the same before it looks for Podman"
PATH=/nonexistent run deploy bad.yml
expect_status 3
expect_err_has '^winalux: bad.yml:4:5: '

it "an inventory is read from standard input"
command_line='winalux validate -' status=0
"$WINALUX" validate - <inventory.yml >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
expect_status 0
expect_out_has '2 workspaces, ok$'

it "a file that is not there is named"
run validate nowhere.yml
expect_status 3
expect_err_has 'nowhere.yml'

it "a directory is no inventory"
mkdir -p directory.yml
run validate directory.yml
expect_status 3
expect_err_has 'directory.yml'

it "a file of 100 MB is refused at once"
truncate -s 100M huge.yml
run validate huge.yml
expect_status 3
expect_err_has 'huge.yml'
rm -f huge.yml

it "NUL bytes are refused"
printf 'version: 1\nworkspaces: "\0"\n' >nul.yml
run validate nul.yml
expect_status 3
expect_err_has 'nul.yml'

it "a bomb of aliases is refused"
{
	echo 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'
	for i in 1 2 3 4 5 6 7 8 9; do
		printf 'a%d: &a%d [' $i $i
		printf "*a$((i - 1)), %.0s" 1 2 3 4 5 6 7 8 9 10
		echo ']'
	done
} >bomb.yml
run validate bomb.yml
expect_status 3

it "names of workspaces that no inventory has are refused before Podman is looked for"
run validate inventory.yml extra
expect_status 2
expect_err_has "'validate' takes at most 1 argument"

it "schema is a JSON Schema"
run schema
expect_status 0
# shellcheck disable=SC2016 # $schema is a key
expect_json '"2020-12" in d["$schema"] and "workspaces" in d["properties"]'
