#!/bin/sh
# SPDX-License-Identifier: MIT
# tools/deb.sh VERSION ARCH: build/winalux_VERSION_ARCH.deb, for the Debian release that it is made on.
#
# Made with dpkg-deb from what install.sh installs: no debhelper needed. The libraries it depends on come from
# dpkg-shlibdeps, the programs it calls are named here.
set -eu
umask 022
[ $# -eq 2 ] || { echo "usage: tools/deb.sh VERSION ARCH" >&2; exit 2; }
cd "$(dirname "$0")/.."
arch=$2
# "v0.1.0-12-gabc1234-dirty" is 0.1.0+12.gabc1234.dirty for dpkg; a bare commit comes after the VERSION file.
version=$(printf '%s' "${1#v}" | sed -E 's/-/+/; s/-/./g')
case $version in
[0-9]*.*) ;;
*) version=$(cat VERSION)+git.$version ;;
esac
root=build/deb
package=build/winalux_${version}_$arch.deb
maintainer=$(git log -1 --format='%an <%ae>' 2>/dev/null || echo "winalux <winalux@localhost>")
date=$(git log -1 --format=%aD 2>/dev/null || date -R)

rm -rf "$root"
tools/install.sh "$root" /usr install
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root/usr/bin/winalux"
find "$root/usr/share/man" -type f -exec gzip -9n {} +

doc=$root/usr/share/doc/winalux
mkdir -p "$doc" "$root/DEBIAN"
{
	printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n'
	printf 'Upstream-Name: winalux\n\nFiles: *\nCopyright: %s\nLicense: MIT\n' \
		"$(sed -n 's/^Copyright (c) //p' LICENSE)"
	sed -n '/^Permission/,$p' LICENSE | sed 's/^$/./; s/^/ /'
} >"$doc/copyright"
{
	printf 'winalux (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- %s  %s\n' \
		"$version" "$maintainer" "$date"
} | gzip -9n >"$doc/changelog.gz"
install -m 0644 README.md CHANGELOG.md examples/inventory.yml "$doc"

# These are loaded at run time (include/winalux/format/library.h), so no tool finds them.
loaded="libarchive13t64 | libarchive13, libcurl4t64 | libcurl4"
programs="podman (>= 4.3), crun | runc, uidmap, netavark, aardvark-dns, catatonit, iptables | nftables"

# dpkg-shlibdeps wants a debian/control in its working directory.
mkdir -p build/debian-control/debian
printf 'Source: winalux\n\nPackage: winalux\nArchitecture: any\n' >build/debian-control/debian/control
libraries=$(cd build/debian-control && dpkg-shlibdeps -O --warnings=0 ../../"$root"/usr/bin/winalux |
	sed -n 's/^shlibs:Depends=//p')
rm -r build/debian-control

cat >"$root/DEBIAN/control" <<END
Package: winalux
Version: $version
Architecture: $arch
Maintainer: $maintainer
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f 1)
Depends: $libraries, $loaded, $programs
Recommends: mmdebstrap, openssh-client, slirp4netns | passt, dbus-user-session, ca-certificates
Section: admin
Priority: optional
Description: developer workspaces as rootless Podman pods
 winalux turns an inventory of developers into running pods on a host where
 nobody is root: one pod for each, with sshd, the tools of a profile and
 sidecars such as Redis, and volumes that outlive the containers.
END
(cd "$root" && find usr -type f -exec md5sum {} + | LC_ALL=C sort -k 2) >"$root/DEBIAN/md5sums"
find "$root" -type d -exec chmod 0755 {} +
dpkg-deb --root-owner-group --build "$root" "$package" >/dev/null
rm -rf "$root"
echo "$package"
