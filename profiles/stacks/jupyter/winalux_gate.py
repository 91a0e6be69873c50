# SPDX-License-Identifier: MIT
"""The login of JupyterLab: PID 1 decides about the workspace's token (docs/design/gate.md).

Neither the token nor a hash of it is known here. What is typed goes to PID 1 over the gate's socket, which counts
wrong ones, delays its answer and locks the door after ten of them. Who was let in has a cookie, signed with a secret
that lives as long as the server does.
"""

import asyncio
import re
import socket
import struct

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.auth.login import LoginFormHandler
from traitlets import default

SOCKET = "/run/winalux/gate.sock"
LIMIT_S = 60  # PID 1 delays an answer by at most 30 s
TYPED = re.compile(r"[0-9A-Za-z -]{1,100}")


def _is_init(connection):
    size = struct.calcsize("3i")
    pid, _, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return pid == 1


async def _exchange(typed, purpose):
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.setblocking(False)
        await loop.sock_connect(connection, SOCKET)
        if not _is_init(connection):
            raise OSError("who answers there is not PID 1")
        await loop.sock_sendall(connection, f"token\tservice\t{typed}\t{purpose}".encode())
        answer = await asyncio.wait_for(loop.sock_recv(connection, 512), LIMIT_S)
    return answer.decode(errors="replace").partition("\t")


async def refusal(typed, purpose):
    """Status and text for the page, or None: the gate is passed."""
    if not TYPED.fullmatch(typed):
        return 401, "That is no token."
    try:
        word, _, detail = await _exchange(typed, purpose)
    except (OSError, asyncio.TimeoutError) as error:
        return 503, f"The gate of this workspace does not answer: {error or 'no answer in time'}."
    if word == "pass":
        return None
    if word == "typo":
        return 401, "That is mistyped."
    if word == "locked":
        return 429, f"Too many wrong tokens: locked for another {detail} seconds."
    if word == "closed":
        return 403, f"{detail[:1].upper()}{detail[1:]}."
    return 401, "Wrong token."


class GateLoginHandler(LoginFormHandler):
    @allow_unauthenticated
    async def post(self):
        typed = self.get_body_argument("password", default="")
        refused = await refusal(typed.strip(), f"JupyterLab for {self.request.remote_ip}")
        if refused:
            status, text = refused
            self.set_status(status)
            self._render(message={"error": text})
            return
        user = User("developer", "developer", "developer", "D")
        self.current_user = user
        self.identity_provider.set_login_cookie(self, user)
        self._redirect_safe(self.get_argument("next", default=self.base_url))


class GateIdentityProvider(IdentityProvider):
    """Only the login form lets in; there is no token of Jupyter's own."""

    login_handler_class = GateLoginHandler

    @default("token")
    def _no_token(self):
        return ""

    def get_user_token(self, handler):
        return None
