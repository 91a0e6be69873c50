#!/bin/sh
# SPDX-License-Identifier: MIT
# tools/install.sh DESTDIR PREFIX install|uninstall: the program, its manual pages, shell completions, and what
# Grafana and Prometheus take. The guest, profiles and Containerfiles are inside the program.
set -eu
[ $# -eq 3 ] || { echo "usage: tools/install.sh DESTDIR PREFIX install|uninstall" >&2; exit 2; }
cd "$(dirname "$0")/.."
prefix=$1$2
program=${WINALUX:-build/winalux}
bash_dir=$prefix/share/bash-completion/completions
zsh_dir=$prefix/share/zsh/site-functions
fish_dir=$prefix/share/fish/vendor_completions.d
grafana_dir=$prefix/share/winalux/grafana

completion() # SHELL FILE
{
	mkdir -p "${2%/*}"
	"$program" completion "$1" >"$2.new"
	chmod 0644 "$2.new"
	mv "$2.new" "$2"
}

pages()
{
	find docs/man -name '*.[1-8]' | sort
}

case $3 in
install)
	install -D -m 0755 "$program" "$prefix/bin/winalux"
	pages | while read -r page; do
		install -D -m 0644 "$page" "$prefix/share/man/man${page##*.}/${page##*/}"
	done
	install -D -m 0644 -t "$grafana_dir" docs/grafana/*
	completion bash "$bash_dir/winalux"
	completion zsh "$zsh_dir/_winalux"
	completion fish "$fish_dir/winalux.fish"
	;;
uninstall)
	rm -rf "$grafana_dir"
	rmdir "${grafana_dir%/*}" 2>/dev/null || :
	rm -f "$prefix/bin/winalux" "$bash_dir/winalux" "$zsh_dir/_winalux" "$fish_dir/winalux.fish"
	pages | while read -r page; do
		rm -f "$prefix/share/man/man${page##*.}/${page##*/}"
	done
	;;
*)
	echo "install.sh: '$3' is neither install nor uninstall" >&2
	exit 2
	;;
esac
