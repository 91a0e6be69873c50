# SPDX-License-Identifier: MIT
"""terminal.py COLUMNS ROWS KEYS [SIGNAL…] -- COMMAND…: runs it on a terminal of that size.

Keys are sent once it is quiet, then the signals. Standard output: what it wrote, each place that it
went to as a line of its own, "begin" and "end" for the alternate screen. Standard error: how it
ended, and whether the terminal's mode was restored.
"""
import fcntl
import os
import re
import select
import signal
import struct
import sys
import termios
import time

QUIET_S, LIMIT_S = 0.4, 10


def read_until_quiet(fd):
    text, begun = b"", time.monotonic()
    while time.monotonic() - begun < LIMIT_S:
        if not select.select([fd], [], [], QUIET_S if text else 3)[0]:
            break
        try:
            more = os.read(fd, 65536)
        except OSError:
            break
        if not more:
            break
        text += more
    return text


def start(inner, command):
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(inner, termios.TIOCSCTTY, 0)
        for fd in 0, 1, 2:
            os.dup2(inner, fd)
        os.environ["TERM"] = "xterm"
        os.environ["NO_COLOR"] = "1"
        os.execv(command[0], command)
    return pid


def readable(text):
    text = text.replace("\033[?1049h", "begin ").replace("\033[?1049l", "\nend")
    text = re.sub(r"\033\[\?\d+[hl]|\033\[[KJ]|\033\[2J|\033\[H", "", text)
    return re.sub(r"\033\[1;1H", "\n", re.sub(r"\033\[\d+;1H", "\n", text)).replace("begin \n", "begin ")


def wait_for(pid):
    for _ in range(100):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def main():
    split = sys.argv.index("--")
    columns, rows, keys, *signals = sys.argv[1:split]
    outer, inner = os.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", int(rows), int(columns), 0, 0))
    before = termios.tcgetattr(inner)
    pid = start(inner, sys.argv[split + 1 :])
    text = read_until_quiet(outer)
    for key in re.findall(r"\033\[[0-9]*.|.", keys, re.S):
        os.write(outer, key.encode())
        text += read_until_quiet(outer)
    for name in signals:
        os.kill(pid, getattr(signal, "SIG" + name))
    status = wait_for(pid)
    if select.select([outer], [], [], 0)[0]:
        text += os.read(outer, 65536)
    print(readable(text.decode()))
    if status is None:
        how = "killed"
    elif os.WIFSIGNALED(status):
        how = "signal %d" % os.WTERMSIG(status)
    else:
        how = "exit %d" % os.WEXITSTATUS(status)
    restored = termios.tcgetattr(inner) == before
    print(how + (", restored" if restored else ", not restored"), file=sys.stderr)


main()
