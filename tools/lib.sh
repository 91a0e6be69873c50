# SPDX-License-Identifier: MIT
# Shell functions that the scripts of this tree share. To be sourced; sets `top`, the top folder.
# shellcheck shell=bash disable=SC2034

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

has()
{
	command -v "$1" >/dev/null 2>&1
}

# Bold on a terminal, plain elsewhere.
heading()
{
	if [ -t 1 ]; then
		printf '\033[1m%s\033[0m\n' "$*"
	else
		printf '%s\n' "$*"
	fi
}

# The closing line of a suite; its status is whether nothing failed. tests/run adds these lines up.
closing_line()
{
	printf '%d passed, %d failed\n' "$1" "$2"
	[ "$2" -eq 0 ]
}

# Seconds since the epoch with fractions, without a process.
now()
{
	printf '%s' "${EPOCHREALTIME/,/.}"
}

# elapsed START: seconds since, one decimal
elapsed()
{
	local us=$(( ${EPOCHREALTIME/[.,]/} - ${1/[.,]/} ))
	printf '%d.%d' $((us / 1000000)) $((us / 100000 % 10))
}
