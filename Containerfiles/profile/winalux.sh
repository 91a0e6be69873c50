# SPDX-License-Identifier: MIT
# Login shells start with a PATH of their own (/etc/profile); the dashboard and the workspace's Python come first again.
PATH=/usr/lib/winalux/bin:$HOME/venv/bin:/opt/winalux/venv/bin:$PATH
export PATH
# Only where somebody looks: an interactive shell on a terminal. The warning, if there is one, stands by the prompt.
case $- in
*i*)
	if [ -t 0 ] && [ -t 1 ] && [ -x /usr/lib/winalux/bin/task ]; then
		/usr/lib/winalux/bin/task
		[ -n "${WINALUX_WARNED-}" ] || /usr/lib/winalux/winalux-guest warning 2>/dev/null
		export WINALUX_WARNED=1
	fi
	;;
esac
