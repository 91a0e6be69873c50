# SPDX-License-Identifier: MIT
# In /etc/fish/conf.d: what login shells and others show once in a session, on a terminal.
if status is-interactive; and not set -q WINALUX_WARNED; and isatty stdin; and isatty stdout
    set -gx WINALUX_WARNED 1
    if status is-login; and test -x /usr/lib/winalux/bin/task
        /usr/lib/winalux/bin/task
    end
    /usr/lib/winalux/winalux-guest warning 2>/dev/null
end
