# SPDX-License-Identifier: MIT
# Read by /etc/bash.bashrc in interactive shells, before all that is the developer's own: a PS1 in his ~/.bashrc wins.
# "(venv) ➜ ~ $ ", where "(venv)" is the home's, which comes first in PATH. A script "activate" puts the name of
# another one in front by itself, and then ours is not shown: index 10 of the array is not there.
_winalux_venv=()
[ ! -x ~/venv/bin/python ] || _winalux_venv=('(venv) ')
PS1='->'
case ${LC_ALL:-${LC_CTYPE:-${LANG-}}} in
*[Uu][Tt][Ff]-8* | *[Uu][Tt][Ff]8*) PS1='➜' ;;
esac
case ${NO_COLOR:+:}${TERM-} in
:*) PS1=$PS1' \w' ;;
*color* | xterm* | screen* | tmux* | rxvt* | wezterm* | alacritty* | foot* | linux | ansi | cygwin)
	PS1='\[\e[1;32m\]'$PS1'\[\e[0m\] \[\e[36m\]\w\[\e[0m\]'
	;;
*) PS1=$PS1' \w' ;;
esac
PS1='${_winalux_venv[${VIRTUAL_ENV:+1}0]-}'$PS1' \$ '
# Once in a session, on a terminal; login shells do it after their dashboard.
if [ -z "${WINALUX_WARNED-}" ] && [ -t 0 ] && [ -t 1 ] && ! shopt -q login_shell; then
	export WINALUX_WARNED=1
	/usr/lib/winalux/winalux-guest warning 2>/dev/null
fi
:
