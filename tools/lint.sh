#!/bin/bash
# SPDX-License-Identifier: MIT
# tools/lint.sh [CHECK…]: what no compiler knows, and the checkers that do know more than one.
#
# Each check prints "FILE:LINE: what is wrong" for what it finds; one that prints anything has failed.
# Without arguments every check runs but `tidy` and `cppcheck`, which take minutes and have to be named (`make tidy`;
# `make test-long` runs them). A checker that is not installed is
# left out with a word; in CI that is a failure.
set -u
. "$(dirname "$0")/lib.sh"
cd "$top" || exit 1
export LC_ALL=C.UTF-8

checks=(layers doors banned cloexec spdx comments todo width sizes functions blanks shellcheck format manual)

# Files that git would commit, by pattern; those gone from the work tree are left out.
tracked()
{
	git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
		[ ! -f "$file" ] || printf '%s\n' "$file"
	done
}
mapfile -t sources < <(tracked '*.c' '*.h')
mapfile -t product < <(tracked 'src/*.c' 'src/*.h' 'include/*.h')
mapfile -t scripts < <(tracked | while read -r file; do
	if head -n 1 "$file" 2>/dev/null | grep -qaE '^#!.*(/|[[:space:]])(ba)?sh\b'; then echo "$file"; fi
done)
mapfile -t sourced < <(tracked 'tools/lib.sh' 'tests/*.sh' | sort -u)

# --- who may include whom (docs/design/layers.md) ---

allowed_layers()
{
	case $1 in
	base) echo base ;;
	format) echo base format ;;
	telemetry) echo base telemetry ;;
	inventory) echo base format inventory ;;
	podman) echo base format podman ;;
	image) echo base format inventory podman image guest/wire ;;
	plan) echo base format telemetry inventory podman plan guest/wire image/reference ;;
	workspace) echo base format inventory podman image plan workspace telemetry guest/wire ;;
	doctor) echo base format inventory podman image plan doctor ;;
	cli) echo base format telemetry inventory podman image plan workspace doctor cli ;;
	guest) echo base format/token_hash format/ledger telemetry guest ;;
	warden) echo base format/token_hash format/json_cursor format/ledger telemetry guest warden ;;
	esac
}

check_layers()
{
	local file folder line target allowed
	for file in "${product[@]}"; do
		folder=${file#src/} folder=${folder#include/winalux/} folder=${folder%%/*}
		allowed=" $(allowed_layers "$folder") "
		[ "$allowed" != "  " ] || { echo "$file:1: folder '$folder' is in no layer"; continue; }
		while IFS=: read -r line target; do
			target=${target#winalux/}
			[[ $target == */* ]] || continue
			[[ $allowed == *" ${target%%/*} "* || $allowed == *" ${target%.h} "* ]] ||
				echo "$file:$line: '$folder' must not include \"$target\""
		done < <(sed -nE '/^#[[:space:]]*include[[:space:]]+"/{=;s/^[^"]*"([^"]+)".*/\1/p}' "$file" |
			paste -d: - -)
	done
}

check_doors()
{
	local header include folder folders
	for header in curl/ cjson/ yaml.h archive sodium seccomp.h libssh/; do
		include="^[[:space:]]*#[[:space:]]*include[[:space:]]+<$header"
		grep -nE "$include" "${product[@]}" /dev/null |
			sed -nE 's/^(include\/[^:]+:[0-9]+):.*/\1: a library header in a public header/p'
		mapfile -t folders < <(grep -lE "$include" "${product[@]}" | xargs -r -n 1 dirname | sort -u)
		[ ${#folders[@]} -le 1 ] || for folder in "${folders[@]}"; do
			echo "$folder:1: <$header…> has more than one door"
		done
	done
}

# --- the language ---

check_banned()
{
	tools/lint.pl banned "${product[@]}"
}

check_cloexec()
{
	tools/lint.pl cloexec "${product[@]}"
}

check_spdx()
{
	local file spdx='SPDX-License-Identifier: MIT'
	for file in "${sources[@]}"; do
		head -n 1 "$file" | grep -qxF "/* $spdx */" || echo "$file:1: no SPDX line"
	done
	while read -r file; do
		head -n 2 "$file" | grep -qF "$spdx" || echo "$file:1: no SPDX line"
	done < <(
		printf '%s\n' "${scripts[@]}"
		tracked Makefile 'Containerfiles/*' 'profiles/*.yml' '*.py' '*.pl'
	)
}

check_comments()
{
	tools/lint.pl comments "${sources[@]}"
}

check_todo()
{
	grep -nE '\b(TODO|FIXME|XXX)\b' "${sources[@]}" "${scripts[@]}" /dev/null |
		grep -v '^tools/lint\.sh:' |
		sed -nE '/TODO\(#[0-9]+\)/!s/^([^:]+:[0-9]+):.*/\1: write TODO(#issue)/p'
}

# --- sizes ---

check_width()
{
	tools/lint.pl width "${sources[@]}" "${scripts[@]}" "${sourced[@]}"
}

check_sizes()
{
	local file lines
	for file in "${sources[@]}"; do
		lines=$(wc -l <"$file")
		case $file in
		*.c) [ "$lines" -le 700 ] || echo "$file:1: $lines lines, at most 700" ;;
		*.h) [ "$lines" -le 250 ] || echo "$file:1: $lines lines, at most 250" ;;
		esac
	done
}

check_functions()
{
	has ctags || { missing ctags; return; }
	printf '%s\n' "${product[@]}" | grep '\.c$' |
		xargs -r ctags -x --c-kinds=f --_xformat='%{end} %n %F %N' 2>/dev/null |
		awk '$1 ~ /^[0-9]+$/ {
			lines = $1 - $2 + 1
			note = lines > 80 ? "" : "note: "
			if (lines > 50) printf "%s%s:%d: %s() has %d lines, limit 80\n", note, $3, $2, $4, lines
		}'
}

check_blanks()
{
	local file
	while read -r file; do
		case $file in *.png | *.tar | tests/data/* | tests/fuzz/*) continue ;; esac
		grep -HnE '[[:blank:]]+$' "$file" | sed -E 's/^([^:]+:[0-9]+):.*/\1: trailing blanks/'
		[ ! -s "$file" ] || [ -z "$(tail -c 1 "$file")" ] || echo "$file:1: no newline at its end"
	done < <(tracked | grep -vE '\.golden$')
}

# --- other people's checkers ---

check_shellcheck()
{
	has shellcheck || { missing shellcheck; return; }
	shellcheck -x -f gcc -P SCRIPTDIR -e SC1091 "${scripts[@]}" "${sourced[@]}"
}

# Another clang-format lays out some lines in another way; the tree follows the one of Debian 12, as CI does.
check_format()
{
	local version
	has clang-format || { missing clang-format; return; }
	version=$(clang-format --version | sed -E 's/.*version ([0-9]+).*/\1/')
	if [ "$version" != 14 ]; then
		echo "note: clang-format is $version, the tree is laid out with 14: left out"
		return
	fi
	clang-format --dry-run "${sources[@]}" 2>&1 |
		sed -nE 's/^([^:]+:[0-9]+):.*code should be.*/\1: layout differs: make format/p' |
		sort -u -t: -k1,1
}

check_manual()
{
	local pages
	mapfile -t pages < <(tracked 'docs/man/*.[1-8]')
	has mandoc || { missing mandoc; return; }
	[ ${#pages[@]} -eq 0 ] || mandoc -Tlint -Wwarning "${pages[@]}" 2>&1 |
		sed -E 's/^mandoc: ([^:]+:[0-9]+)(:[0-9]+)?: /\1: /'
}

check_tidy()
{
	local flags
	has clang-tidy || { missing clang-tidy; return; }
	flags="-std=c11 -D_GNU_SOURCE -Iinclude -Isrc -DWINALUX_VERSION=\"lint\" $(
		pkg-config --cflags libcurl libcjson yaml-0.1 libarchive libsodium libseccomp)"
	# shellcheck disable=SC2016
	printf '%s\n' "${product[@]}" | grep '\.c$' | flags=$flags xargs -r -n 4 -P "$(nproc)" \
		sh -c 'clang-tidy --quiet "$@" -- $flags 2>/dev/null' sh |
		grep -E '^[^ ].*(warning|error): ' | sed "s|^$top/||" | sort -u
}

check_cppcheck()
{
	has cppcheck || { missing cppcheck; return; }
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem --template='{file}:{line}: {message} ({id})' \
		-Iinclude -Isrc src 2>&1
}

missing()
{
	if [ -n "${CI:-}" ]; then
		echo "$1:0: not installed"
	else
		echo "note: $1 is not installed: left out"
	fi
}

[ $# -eq 0 ] || checks=("$@")
passed=0 failed=0
for check in "${checks[@]}"; do
	declare -F "check_$check" >/dev/null || die "no check '$check'"
	found=$("check_$check")
	notes=$(grep '^note: ' <<<"$found")
	found=$(grep -v '^note: ' <<<"$found" | sed '/^$/d')
	[ -z "$notes" ] || printf '%s\n' "$notes"
	if [ -z "$found" ]; then
		echo "ok $check"
		passed=$((passed + 1))
	else
		echo "not ok $check ($(wc -l <<<"$found"))"
		printf '%s\n' "$found"
		failed=$((failed + 1))
	fi
done
closing_line $passed $failed
