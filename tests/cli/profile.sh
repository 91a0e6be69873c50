#!/bin/bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"

own=$home/.config/winalux/profiles
mkdir -p "$own/sidecars"

it "profile list has the built-in ones"
run profile list
expect_status 0
expect_err_empty
expect_out_has '^web +8000 +built-in +Web backends'

it "profile show prints the file, which is valid as one's own"
run profile show web
expect_status 0
expect_out_has '^name: web$'
cp "$SCRATCH/out" "$own/web.yml"
run profile check
expect_status 0
expect_out <<END
$own: 1 profile, ok
END

it "one's own profile takes the place of the built-in one"
run profile list --json
expect_status 0
expect_json 'd["profiles"][[p["name"] for p in d["profiles"]].index("web")]["from"].endswith("/profiles/web.yml")'

it "an unknown profile suggests the nearest one"
run profile show wbe
expect_status 9
expect_err_has "no profile 'wbe'; did you mean 'web'"

it "profile check names every fault with its place"
printf 'version: 1\nname: docs\nport: 0\npackges: []\n' >"$own/docs.yml"
printf 'version: 1\nname: mail\nuser: mail\n' >"$own/sidecars/mail.yml"
run profile check
expect_status 3
expect_out_empty
expect_err_has "docs.yml:4:1: unknown key 'packges' in a profile; did you mean 'packages'"
expect_err_has "docs.yml:3:7: 'port' must be"
expect_err_has "sidecars/mail.yml:1:1: 'command' is missing"
expect_err_has "the profiles have 3 errors"

it "profile check takes single files and answers as JSON"
run profile check --json "$own/web.yml" "$own/sidecars/mail.yml"
expect_status 3
expect_json '[c["valid"] for c in d["checked"]] == [True, False]'
expect_json 'd["checked"][1]["diagnostics"][0]["line"] == 1'

it "profile check without anything to check says so"
rm -r "$own"
run profile check
expect_status 2
expect_err_has "nothing to check: name a file or directory"

it "profile check of a path that is not there says so"
run profile check "$home/none"
expect_status 3
expect_err_has "cannot read '.*/none': No such file"

it "stack list has the built-in ones, and show prints the file"
run stack list
expect_status 0
expect_out_has '^fullstack +nodejs database +built-in '
run stack show golang
expect_out_has '^packages: .*golang-go'

it "an unknown stack suggests the nearest one"
run stack show golnag
expect_status 9
expect_err_has "no stack 'golnag'; did you mean 'golang'"

it "stack add checks what would come of it before anything is touched"
key='ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGtkZXNrZXlmb3J0ZXN0c29mdGhlY29tbWFuZGxpbmU alice@laptop'
printf 'version: 1\nworkspaces:\n  - name: alice # she\n    public_key: %s\n' "$key" >inventory.yml
cp inventory.yml before
run stack add alice golnag
expect_status 3
expect_err_has "inventory.yml:4:14: unknown stack 'golnag'; did you mean 'golang'"
cmp -s inventory.yml before || fail "  inventory.yml was changed"
run stack add bob golang
expect_status 9
expect_err_has "no workspace 'bob' in "
