#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/bench/inventory.sh COUNT [plain [GATE…]]: an inventory of COUNT workspaces bench1, bench2, …, with Redis unless
# plain. The gates are theirs in turn; without any, it is the default.
set -eu
gates=("${@:3}")
key=$work/key
[ -f "$key" ] || ssh-keygen -q -t ed25519 -N '' -f "$key"
printf 'version: 1\nworkspaces:\n'
for ((i = 1; i <= $1; i++)); do
	printf '  - name: bench%d\n    ssh_port: %d\n    app_port: %d\n    public_key: "%s"\n' \
		"$i" $((ssh_base + i)) $((app_base + i)) "$(<"$key.pub")"
	[ ${#gates[@]} -eq 0 ] || printf '    gate: %s\n' "${gates[(i - 1) % ${#gates[@]}]}"
	[ -n "${2:-}" ] || printf '    sidecars: [redis]\n'
done
