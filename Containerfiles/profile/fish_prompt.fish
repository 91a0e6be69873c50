# SPDX-License-Identifier: MIT
# In /etc/fish/functions, where fish looks after the developer's own functions. winalux.bash says what it shows.
function fish_prompt
    if not set -q VIRTUAL_ENV; and test -x ~/venv/bin/python
        echo -n '(venv) '
    end
    set -l arrow '->'
    set -l locale $LC_ALL $LC_CTYPE $LANG C
    if string match -qir "utf-?8" -- $locale[1]
        set arrow '➜'
    end
    set -l sign '$'
    if test "$USER" = root
        set sign '#'
    end
    if set -q NO_COLOR; or test "$TERM" = dumb
        echo -n "$arrow "(prompt_pwd)" $sign "
    else
        echo -n (set_color --bold green)$arrow(set_color normal)' '(set_color cyan)(prompt_pwd)(set_color normal)" $sign "
    end
end
