#!/bin/bash
# SPDX-License-Identifier: MIT
# The key file, and what can be said of tokens without a host.
. "$(dirname "$0")/lib.sh"

export WINALUX_KEY_FILE=$SCRATCH/new/key
none=/nonexistent/podman.sock

it "without a key file it is said what to do"
run token key show
expect_status 9
expect_out_empty
expect_err_has "there is no key file '.*/new/key'; .*winalux token key new"

it "a key is made with its folder, for its owner alone, and only its fingerprint is shown"
run token key new
expect_status 0
expect_out_has '^[0-9a-f]{16}  .*/new/key$'
fingerprint=$(cut -d ' ' -f 1 "$SCRATCH/out")
[ "$(stat -c %a "$WINALUX_KEY_FILE")" = 600 ] || fail "  its mode is not 600"
grep -qx 'winalux-key-1 [0-9a-f]\{64\}' "$WINALUX_KEY_FILE" || fail "  it is no key file"

it "a key file is never overwritten"
before=$(sha256sum <"$WINALUX_KEY_FILE")
run token key new
expect_status 10
expect_out_empty
expect_err_has "already; it is left as it is"
[ "$(sha256sum <"$WINALUX_KEY_FILE")" = "$before" ] || fail "  it was"

it "show and backup say the same fingerprint, and the copy is the key"
run token key show
expect_out_has "^$fingerprint  "
run token key backup "$SCRATCH/copy"
expect_status 0
expect_out_has "^$fingerprint  .*/copy"
cmp -s "$WINALUX_KEY_FILE" "$SCRATCH/copy" || fail "  the copy is another"
run token key show --json
expect_out_has "\"fingerprint\": \"$fingerprint\""

it "a key file that others may read is refused with the remedy"
chmod 644 "$WINALUX_KEY_FILE"
run token key show
expect_status 5
expect_out_empty
expect_err_has "is open to others \(mode 0644\); .chmod 600 "
chmod 600 "$WINALUX_KEY_FILE"

it "a key is not replaced where the host cannot be reached"
run token key rotate --socket $none
expect_out_empty
cmp -s "$WINALUX_KEY_FILE" "$SCRATCH/copy" || fail "  it was replaced"

it "an unknown action suggests the nearest one"
run token rotat alice
expect_status 2
expect_err <<'END'
winalux: unknown action 'token rotat'; did you mean 'rotate'?
usage: winalux token [OPTION…] ACTION [ARGUMENT…]
END
run token key xyzzy
expect_status 2
expect_err_has "unknown action 'token key xyzzy'; there are: new, show, backup, rotate"

it "what belongs to an action is asked for"
run token show
expect_status 2
expect_err_has "^winalux: it is 'winalux token show NAME'$"
run token show alice bob
expect_status 2
run token list --kick
expect_status 2
expect_err_has "--kick belongs to 'token rotate'"
run token rotate alice --ssh-config
expect_status 2
expect_err_has "--ssh-config belongs to 'token show'"

it "a strict gate is an inventory's choice, a workspace named like a part of winalux is none"
cat >strict.yml <<'END'
version: 1
workspaces:
  - name: gate
    gate: strict
    public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl
END
run validate strict.yml
expect_status 3
expect_err_has "strict.yml:3:11: 'gate' stands for a part of winalux itself; choose another name"
sed -i 's/name: gate/name: alice/' strict.yml
run validate strict.yml
expect_status 0
