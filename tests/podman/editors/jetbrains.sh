# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# What JetBrains Gateway does on the client's side, reduced to what it asks of the other side. To be sourced.
#
# It has one connection, which its own ssh library opens; here a master of OpenSSH's stands for it. Over that go
# exec channels without a terminal: probes of the machine, a worker that is uploaded by the sftp subsystem and made
# executable, and then the worker's commands, whose input and output carry a binary protocol. The end of the input
# is the worker's sign to finish: it answers, and its status is looked at. The backend of the IDE names in its first
# line ("Join link") the port that it listens on, and a forward to it is added to the connection.

worker_folder=.cache/JetBrains/RemoteDev/remote-dev-worker

# gateway NAME [OPTION…] [COMMAND…]: a channel of the one connection to a workspace.
gateway()
{
	local name=$1
	shift
	editor -o ControlPath="$work/gateway.$name" "$name.winalux" "$@"
}

# One word for a shell on the other side, whatever is in it.
quoted() # TEXT
{
	printf "'%s'" "${1//\'/\'\\\'\'}"
}

connect_gateway() # NAME
{
	status 0 editor -o ControlPath="$work/gateway.$1" -M -f -N "$1.winalux"
}

# The worker as it is uploaded: a program with a binary tail, 2 MiB of it.
make_worker() # FILE
{
	python3 - "$1" "$top/tests/podman/editors/worker.py" <<'PY'
import os, sys, zipfile
with open(sys.argv[1], "wb") as file:
    file.write(b"#!/usr/bin/python3\n")
    with zipfile.ZipFile(file, "w") as archive:
        archive.write(sys.argv[2], "__main__.py")
        archive.writestr("ballast", bytes(range(256)) + os.urandom(2 << 20))
PY
}

upload_worker() # NAME FILE
{
	local folder=$worker_folder part parts=
	{
		while IFS= read -r -d / part; do
			parts+=${parts:+/}$part
			echo "@-mkdir $parts"
		done <<<"$folder/"
		echo "@put $2 $folder/worker.part"
		echo "@rename $folder/worker.part $folder/worker"
	} >"$work/batch"
	sftp -q -F "$work/ssh_config" -o ControlPath="$work/gateway.$1" -b "$work/batch" "$1.winalux"
}

# A conversation of frames of all sizes and bytes, and what the worker has to say to it.
make_conversation() # SENT ANSWERED
{
	python3 - "$@" <<'PY'
import hashlib, os, struct, sys
frames = [bytes([value]) for value in range(256)] + [b"", bytes(range(256)) * 4096]
frames += [os.urandom(size) for size in (1, 4095, 4096, 65535, 65536, 300000)]
sent = b"".join(struct.pack(">I", len(frame)) + frame for frame in frames)
end = hashlib.sha256(sent).digest()
answers = [bytes((byte + 1) % 256 for byte in frame) for frame in frames] + [end]
open(sys.argv[1], "wb").write(sent)
open(sys.argv[2], "wb").write(b"".join(struct.pack(">I", len(answer)) + answer for answer in answers))
PY
}

# converse COUNT COMMAND…: frames in turn, each sent when the last one's answer is there; then the end of the input,
# and what follows it. Prints what was wrong, or "as it should be", and the status.
converse()
{
	python3 - "$@" <<'PY'
import hashlib, struct, subprocess, sys
worker = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
every, sent, verdict = bytes(range(256)), b"", "as it should be"
for i in range(int(sys.argv[1])):
    frame = every[i:] + every[:i]
    message = struct.pack(">I", len(frame)) + frame
    worker.stdin.write(message)
    worker.stdin.flush()
    sent += message
    if worker.stdout.read(len(message)) != message[:4] + frame[1:] + frame[:1]:
        verdict = f"frame {i} came back wrong"
        break
worker.stdin.close()
rest = worker.stdout.read()
if rest != struct.pack(">I", 32) + hashlib.sha256(sent).digest():
    verdict += f", then {rest!r}"
print(f"{verdict}, status {worker.wait()}")
PY
}

# talk_to PORT SENT ANSWERED: a conversation with what listens there; the sending side is closed before the end.
talk_to()
{
	python3 - "$@" <<'PY'
import socket, sys, threading
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 30) as s, open(sys.argv[3], "wb") as answered:
    def send():
        s.sendall(open(sys.argv[2], "rb").read())
        s.shutdown(socket.SHUT_WR)
    sender = threading.Thread(target=send)
    sender.start()
    while data := s.recv(65536):
        answered.write(data)
    sender.join()
PY
}
