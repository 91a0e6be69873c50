# SPDX-License-Identifier: MIT
# Login shells start with a PATH of their own (/etc/profile); the workspace's Python comes first again.
PATH=$HOME/venv/bin:/opt/winalux/venv/bin:$PATH
export PATH
