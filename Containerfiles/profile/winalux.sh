# SPDX-License-Identifier: MIT
# Login shells start with a PATH of their own (/etc/profile); the dashboard and the workspace's Python come first again.
PATH=/usr/lib/winalux/bin:$HOME/venv/bin:/opt/winalux/venv/bin:$PATH
export PATH
# Only where somebody looks: an interactive shell on a terminal.
case $- in
*i*) if [ -t 0 ] && [ -t 1 ] && [ -x /usr/lib/winalux/bin/task ]; then /usr/lib/winalux/bin/task; fi ;;
esac
