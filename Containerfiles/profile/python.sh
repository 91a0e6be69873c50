# SPDX-License-Identifier: MIT
# PYTHON (PyPI requirements, one a line) into /opt/winalux/venv, which is made unless it is there.
# ~/venv is made here at its final path, so that a first start needs no network: it sees the packages of
# /opt/winalux/venv, pip among them, through a .pth file, and what is installed into it comes first.
. /opt/winalux/build/environment.sh
if [ ! -x /opt/winalux/venv/bin/uv ]; then
	python3 -m venv /opt/winalux/venv
	/opt/winalux/venv/bin/pip install -q --no-compile uv
fi
printf '%s\n' "$PYTHON" >/tmp/requirements.txt
/opt/winalux/venv/bin/uv -q pip install --python /opt/winalux/venv/bin/python -r /tmp/requirements.txt
rm /tmp/requirements.txt
if [ ! -d /opt/winalux/skel/venv ]; then
	python3 -m venv --without-pip /home/developer/venv
	packages=$(/opt/winalux/venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
	echo "$packages" >"/home/developer/venv/${packages#/opt/winalux/venv/}/winalux.pth"
	for name in pip pip3; do
		sed '1s|.*|#!/home/developer/venv/bin/python|' "/opt/winalux/venv/bin/$name" \
			>"/home/developer/venv/bin/$name"
		chmod 0755 "/home/developer/venv/bin/$name"
	done
	mv /home/developer/venv /opt/winalux/skel/venv
fi
