#!/bin/sh
# SPDX-License-Identifier: MIT
# tools/embed.sh OUTPUT BUILD_DIR FILE…: an assembler file that defines `resources`
# (include/winalux/base/resource.h), the table of the files that the program carries, sorted by name.
set -eu
out=$1 build=$2
shift 2
list=$(for file in "$@"; do
	name=${file#"$build"/}
	printf '%s\t%s\n' "${name#data/}" "$file"
done | LC_ALL=C sort)
tmp=$out.new
mkdir -p "$(dirname "$out")"
{
	echo '	.section .rodata'
	n=0
	echo "$list" | while IFS='	' read -r name file; do
		digest=$(b2sum -l 128 "$file")
		printf '.Lname%d:\t.asciz "%s"\n.Ldigest%d:\t.asciz "%s"\n' $n "$name" $n "${digest%% *}"
		printf '\t.balign 16\n.Ldata%d:\t.incbin "%s"\n.Lend%d:\t.byte 0\n' $n "$file" $n
		n=$((n + 1))
	done
	printf '\t.section .data.rel.ro,"aw"\n\t.balign 8\n\t.globl resources\nresources:\n'
	n=0
	echo "$list" | while IFS='	' read -r name file; do
		mode=0644
		[ ! -x "$file" ] || mode=0755
		printf '\t.quad .Lname%d, .Ldata%d, .Lend%d - .Ldata%d, .Ldigest%d\n\t.long %s, 0\n' \
			$n $n $n $n $n $mode
		n=$((n + 1))
	done
	printf '\t.quad 0, 0, 0, 0, 0\n\t.section .note.GNU-stack,"",%%progbits\n'
} >"$tmp"
mv "$tmp" "$out"
