# SPDX-License-Identifier: MIT
# Read by /etc/zsh/zshrc, before all that is the developer's own: a PROMPT in his ~/.zshrc wins. winalux.bash says what
# the prompt shows; psvar[9] is there while another virtual environment than the home's is active.
_winalux_venv=
[[ ! -x ~/venv/bin/python ]] || _winalux_venv='%(9V..(venv%) )'
_winalux_arrow='->'
case ${LC_ALL:-${LC_CTYPE:-${LANG-}}} in
*[Uu][Tt][Ff]-8* | *[Uu][Tt][Ff]8*) _winalux_arrow='➜' ;;
esac
case ${NO_COLOR:+:}${TERM-} in
:*) PROMPT="$_winalux_venv$_winalux_arrow %~ %(!.#.\$) " ;;
*color* | xterm* | screen* | tmux* | rxvt* | wezterm* | alacritty* | foot* | linux | ansi | cygwin)
	PROMPT="$_winalux_venv%B%F{green}$_winalux_arrow%f%b %F{cyan}%~%f %(!.#.\$) "
	;;
*) PROMPT="$_winalux_venv$_winalux_arrow %~ %(!.#.\$) " ;;
esac
unset _winalux_venv _winalux_arrow
_winalux_precmd() { psvar[9]=${VIRTUAL_ENV-} }
typeset -ga precmd_functions
precmd_functions+=(_winalux_precmd)
if [[ -z ${WINALUX_WARNED-} && -t 0 && -t 1 ]]; then
	export WINALUX_WARNED=1
	[[ ! -o login || ! -x /usr/lib/winalux/bin/task ]] || /usr/lib/winalux/bin/task
	/usr/lib/winalux/winalux-guest warning 2>/dev/null
fi
:
