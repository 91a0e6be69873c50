# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# What VS Code's Remote-SSH feeds to "ssh -T -D PORT HOST bash -s", reduced to what it asks of the other side:
#
# - lines between marks, by which the client knows whose output it reads and what this machine is;
# - a folder for the server of the client's commit; where it is empty, the client is told to bring the server's
#   archive by another channel, and says that it is whole by an empty file beside it (localServerDownload);
# - a server that has its input and output elsewhere and outlives this channel and its connection. Its pid and its
#   log are kept in files, so that the next connection finds it instead of starting another one;
# - its address out of its log: a port, or a socket (remote.SSH.remoteServerListenOnSocket).
#
# The client puts lines with id=, commit= and listen= (port or socket) before it, and keeps the input open, which
# keeps bash and so the connection.
echo "$id: running"
echo "platform==$(uname -s)=="
echo "arch==$(uname -m)=="
# shellcheck disable=SC2016
echo "home==$("$SHELL" -l -c 'echo "$HOME"')=="

umask 077
server=$HOME/.vscode-server/bin/$commit
state=$HOME/.vscode-server/.$commit.$listen
mkdir -p "$server"
if [ ! -x "$server/bin/code-server" ]; then
	echo "$id: needs the server"
	until [ -e "$server/archive.done" ]; do sleep 0.05; done
	tar -xzf "$server/archive" -C "$server" --strip-components=1
	rm -f "$server/archive" "$server/archive.done"
fi

if [ -s "$state.pid" ] && kill -0 "$(<"$state.pid")" 2>/dev/null; then
	echo "$id: found a server"
else
	case $listen in
	port) where=--port=0 ;;
	socket) where=--socket-path=$state.sock ;;
	esac
	: >"$state.log"
	"$server/bin/code-server" "$where" >>"$state.log" 2>&1 </dev/null &
	echo $! >"$state.pid"
fi
until grep -q 'listening on' "$state.log"; do
	kill -0 "$(<"$state.pid")" || { cat "$state.log" >&2; exit 1; }
	sleep 0.05
done
echo "listeningOn==$(sed -n 's/.*listening on //p' "$state.log")=="
echo "$id: end"
