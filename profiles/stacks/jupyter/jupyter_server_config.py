# SPDX-License-Identifier: MIT
# Read before ~/.jupyter, which may add to it; who may log in is said on the command line of the service.
import os

c = get_config()  # noqa: F821
c.ServerApp.cookie_secret = os.urandom(32)  # a restart ends every session
c.ServerApp.root_dir = "/home/developer"
c.ServerApp.port_retries = 0
c.ServerApp.open_browser = False
c.ServerApp.quit_button = False
