#!/bin/bash
# SPDX-License-Identifier: MIT
# Images to and from registries on the loopback address: plain HTTP, TLS of an authority of the test's own, and
# logins. Needs Debian's docker-registry.
. "$(dirname "$0")/lib.sh"

certs=~/.config/containers/certs.d
redis=winalux/sidecar-redis
tiny=winalux/tiny
version=$(<"$top/VERSION")
case $(uname -m) in
x86_64) own=amd64 other=arm64 ;;
*) own=arm64 other=amd64 ;;
esac

# A name and a password that must be nowhere else; "secret" by bcrypt.
password_line='dev:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a'

# run_registry NAME [LINE…]: a registry with more lines below "http:"; its port in port_NAME.
run_registry()
{
	local name=$1
	shift
	free_port
	printf -v "port_$name" %s "$port"
	{
		printf 'version: 0.1\nlog: {accesslog: {disabled: true}}\n'
		printf 'storage: {filesystem: {rootdirectory: %s}}\n' "$work/store-$name"
		printf 'http:\n  addr: 127.0.0.1:%d\n' "$port"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$work/$name.yml"
	docker-registry serve "$work/$name.yml" >"$work/registry-$name.log" 2>&1 8>&- &
	echo $! >"$work/registry-$name.pid"
	until_true 15 eval "(exec 3<>/dev/tcp/127.0.0.1/$port)" || cat "$work/registry-$name.log"
}

make_certificates()
{
	local key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
	openssl req -x509 "${key[@]}" -keyout "$work/ca.key" -out "$work/ca.crt" -subj '/CN=an authority' -days 2
	openssl req -new "${key[@]}" -keyout "$work/tls.key" -out "$work/tls.csr" -subj /CN=localhost
	openssl x509 -req -in "$work/tls.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" -CAcreateserial -days 2 \
		-extfile <(echo subjectAltName=IP:127.0.0.1) -out "$work/tls.crt"
} >/dev/null 2>&1

at_end()
{
	local file
	for file in "$work"/registry-*.pid; do
		kill "$(<"$file")" 2>/dev/null
	done
	rm -rf "$certs/127.0.0.1:${port_tls:-none}" "$certs/127.0.0.1:${port_locked:-none}"
	podman images --format '{{.Repository}}:{{.Tag}}' |
		grep -E "^127\.0\.0\.1:|^localhost/($tiny|winalux/web\.first):" |
		xargs -r podman rmi >/dev/null 2>&1
}

log_in() # REGISTRY PASSWORD
{
	printf '{"auths": {"%s": {"auth": "%s"}}}\n' "$1" "$(printf 'dev:%s' "$2" | base64)" >"$auth_file"
}

push()
{
	status 0 winalux push --json "$@"
}

# The digest of an image's manifest list as the registry tells it.
digest_in_registry() # ADDRESS IMAGE
{
	curl -sSI -H 'Accept: application/vnd.oci.image.index.v1+json' "http://$1/v2/$2/manifests/$version" |
		tr -d '\r' | sed -n 's/^[Dd]ocker-[Cc]ontent-[Dd]igest: //p'
}

plain_http_is_refused_unless_allowed()
{
	fails winalux push --registry "127.0.0.1:$port_plain" tiny 2>"$work/err"
	contains "$(<"$work/err")" "it speaks HTTP without TLS; 'registry_tls_verify: off' allows that"
	export WINALUX_REGISTRY_TLS_VERIFY=off
	push --registry "127.0.0.1:$port_plain" tiny
	equal "127.0.0.1:$port_plain/$tiny:$version" "$(json 'd["images"][0]["reference"]' <<<"$out")"
	equal "$(digest_in_registry "127.0.0.1:$port_plain" $tiny)" "$(json 'd["images"][0]["digest"]' <<<"$out")"
	lacks "$(podman images)" push-tiny
	push --registry "127.0.0.1:$port_plain" tiny.more
	contains "$out" "127.0.0.1:$port_plain/$tiny.more:$version"
	# Without names it is everything: gigabytes, so only the first of them is tried.
	status 5 winalux push --registry 127.0.0.1:1
	contains "$err" "cannot push '127.0.0.1:1/winalux/"
	status 9 winalux push --registry "127.0.0.1:$port_plain" tiny.less
	contains "$err" "no stack 'less'; there are: "
}

unknown_authority_is_explained_and_trusted_by_a_file()
{
	local registry=127.0.0.1:$port_tls
	status 5 winalux push --registry "$registry" tiny
	contains "$err" "unknown authority; put that one's into ~/.config/containers/certs.d/$registry/ca.crt"
	mkdir -p "$certs/$registry"
	cp "$work/ca.crt" "$certs/$registry/"
	push --registry "$registry/team/a" tiny
	equal "$registry/team/a/$tiny:$version" "$(json 'd["images"][0]["reference"]' <<<"$out")"
}

login_is_wanted_and_checked()
{
	local registry=127.0.0.1:$port_locked
	mkdir -p "$certs/$registry"
	cp "$work/ca.crt" "$certs/$registry/"
	status 5 winalux push --registry "$registry" tiny
	contains "$err" "it wants a login, and there is none; \`podman login $registry\` makes one"
	log_in "$registry" wrong
	status 5 winalux push --registry "$registry" tiny
	contains "$err" "does not accept the login in '$auth_file'"
	log_in "$registry" secret
	status 0 winalux -v push --registry "$registry" tiny
	lacks "$out$err" secret
	lacks "$out$err" "$(printf 'dev:secret' | base64)"
	echo '{"credHelpers": {"127.0.0.1:'"$port_locked"'": "keeper"}}' >"$auth_file"
	status 5 winalux push --registry "$registry" tiny
	contains "$err" "credential helper 'keeper'"
	echo '{' >"$auth_file"
	status 5 winalux push --registry "$registry" tiny
	contains "$err" "'$auth_file': it is not JSON"
	rm "$auth_file"
}

# What the registry has is a list of both, and each comes back as it was, by its architecture or by the list's digest.
both_architectures_come_back()
{
	local registry=127.0.0.1:$port_plain digest arch
	export WINALUX_REGISTRY_TLS_VERIFY=off
	push --registry "$registry" sidecar-redis
	digest=$(json 'd["images"][0]["digest"]' <<<"$out")
	equal 'amd64 arm64' "$(curl -sS -H 'Accept: application/vnd.oci.image.index.v1+json' \
		"http://$registry/v2/$redis/manifests/$digest" |
		json '" ".join(sorted(m["platform"]["architecture"] for m in d["manifests"]))')"
	for arch in $own $other; do
		podman pull -q --tls-verify=false --arch "$arch" "$registry/$redis:$version"
		equal "$(id_of_redis "$arch")" "$(podman image inspect --format '{{.Id}}' "$registry/$redis:$version")"
		podman rmi "$registry/$redis:$version"
	done
	equal "$(id_of_redis $other)" "$(podman pull -q --tls-verify=false --arch "$other" "$registry/$redis@$digest")"
	podman untag "$(id_of_redis $other)" "$registry/$redis@$digest"
}

id_of_redis() # ARCHITECTURE
{
	local tag=latest-$1
	[ "$1" != $own ] || tag=latest
	podman image inspect --format '{{.Id}}' "localhost/$redis:$tag"
}

silent_registry_is_named()
{
	free_port
	status 5 winalux push --registry "127.0.0.1:$port" tiny
	contains "$err" "registry '127.0.0.1:$port': it does not answer (connection refused)"
}

deploys_from_registry()
{
	local registry=127.0.0.1:$port_locked
	log_in "$registry" secret
	push --registry "$registry" web sidecar-redis
	sed -i "s|^defaults:|image_source: registry\nregistry: $registry\n&|" "$inventory"
	status 0 winalux plan "$inventory"
	contains "$out" "image $registry/winalux/web:$version: is missing, would be pulled"
	status 9 deploy --pull never
	contains "$err" "pull it or leave out '--pull never'"
	log_in "$registry" wrong
	status 5 deploy
	contains "$err" "does not accept the login"
	log_in "$registry" secret
	status 0 deploy
	use_ssh
	contains "$(ask alice 6379 PING)" +PONG
	equal "$registry/winalux/web:$version" "$(podman inspect --format '{{.ImageName}}' winalux-alice-dev)"
	contains "$(podman inspect --format '{{index .Config.Labels "io.winalux.pulled"}}' winalux-alice-redis)" \
		"$registry/$redis@sha256:"
	contains "$(winalux info alice)" "$registry/winalux/web@sha256:"
	status 0 deploy
	contains "$out" "as the inventory says"
}

# The same image, built here or pulled: nothing is made anew.
source_alone_changes_nothing()
{
	local before
	before=$(fingerprint alice)
	status 0 deploy --image-source local
	equal "$before" "$(fingerprint alice)"
}

# As a colleague would push it: another image by the same name.
newer_image_is_told_and_taken()
{
	local registry=127.0.0.1:$port_locked before
	status 0 winalux plan "$inventory"
	lacks "$err" "newer"
	printf 'FROM localhost/%s:latest\nLABEL io.winalux.test=newer\n' "$redis" |
		podman build -q -t "$registry/newer:1" - >/dev/null
	podman manifest create newer:1 "containers-storage:$registry/newer:1"
	podman manifest push --all --authfile "$auth_file" newer:1 "docker://$registry/$redis:$version"
	podman manifest rm newer:1
	podman rmi "$registry/newer:1"
	status 0 winalux plan "$inventory"
	contains "$err" "image '$registry/$redis:$version': the registry has a newer one"
	lacks "$err" "image '$registry/winalux/web:$version': the registry"
	before=$(container_id winalux-alice-dev)
	status 0 deploy
	lacks "$(podman inspect --format '{{.Config.Labels}}' winalux-alice-redis)" newer
	status 0 deploy --pull newer
	contains "$(podman inspect --format '{{.Config.Labels}}' winalux-alice-redis)" newer
	equal "$before" "$(container_id winalux-alice-dev)"
	status 0 winalux plan "$inventory"
	lacks "$err" "newer"
	contains "$out" "as the inventory says"
}

# Its lower layers are there already, so only its own is sent and pulled.
stack_comes_from_registry()
{
	local registry=127.0.0.1:$port_locked
	printf 'version: 1\nname: first\ncommands: ["touch /first"]\n' >"$WINALUX_PROFILE_DIR/stacks/first.yml"
	status 0 "$WINALUX" build web.first
	push --registry "$registry" web.first
	equal "$registry/winalux/web.first:$version" "$(json 'd["images"][0]["reference"]' <<<"$out")"
	podman rmi localhost/winalux/web.first:latest
	sed -i 's|^\( *\)sidecars: \[redis\]|&\n\1stacks: [first]|' "$inventory"
	status 0 deploy
	equal "$registry/winalux/web.first:$version" "$(podman inspect --format '{{.ImageName}}' winalux-alice-dev)"
	podman exec winalux-alice-dev test -e /first
}

# As a single image, about which Podman only warns, and as a list without this machine's architecture.
other_architecture_never_starts()
{
	local registry=127.0.0.1:$port_locked
	mkdir -p "$work/other"
	touch "$work/other/file"
	printf 'FROM scratch\nCOPY file /\n' >"$work/other/Containerfile"
	podman build -q --platform "linux/$other" -t other:1 "$work/other"
	status 0 winalux destroy --yes alice
	podman rmi "$registry/$redis:$version"
	podman push -q --authfile "$auth_file" other:1 "$registry/$redis:$version"
	status 9 deploy
	contains "$err" "is for another architecture than this host's"
	podman manifest create others:1 containers-storage:localhost/other:1
	podman manifest push --all --authfile "$auth_file" others:1 "docker://$registry/$redis:$version"
	podman manifest rm others:1
	podman rmi other:1
	status 9 deploy
	contains "$err" "but not for this host's architecture"
	equal "" "$(left_of alice)"
}

unknown_image_is_named()
{
	local registry=127.0.0.1:$port_locked/nobody
	status 9 deploy --registry "$registry"
	contains "$err" "it has no image of that name"
	contains "$err" "$registry/"
}

# Of an account that has only what it pulled: nothing is built, a plan says why it could not ask.
registry_down()
{
	kill "$(<"$work/registry-locked.pid")"
	until_true 15 eval "! (exec 3<>/dev/tcp/127.0.0.1/$port_locked)"
	status 0 winalux plan "$inventory"
	contains "$err" "newer images were not looked for"
	contains "$err" "it does not answer"
	status 5 deploy
	contains "$err" "it does not answer"
	equal "" "$(left_of alice)"
}

# A profile whose image is small; what is in it does not matter for a push.
make_tiny_profile()
{
	export WINALUX_PROFILE_DIR=$work/profiles
	mkdir "$WINALUX_PROFILE_DIR"
	printf 'version: 1\nname: tiny\nsummary: for tests\nbase: debian\npackages: [git]\n' \
		>"$WINALUX_PROFILE_DIR/tiny.yml"
	mkdir "$WINALUX_PROFILE_DIR/stacks"
	printf 'version: 1\nname: more\npackages: [git-lfs]\n' >"$WINALUX_PROFILE_DIR/stacks/more.yml"
	tar -C "$work" -c ca.crt | podman import -q - localhost/$tiny:latest
	podman tag localhost/$tiny:latest localhost/$tiny.more:latest
}

command -v docker-registry >/dev/null || { echo "not ok docker-registry is not installed"; exit 1; }
# Logins of the test's own, where both winalux and the service look, beside the account's settings.
auth_file=$XDG_CONFIG_HOME/containers/auth.json
unset REGISTRY_AUTH_FILE
rm -f "$XDG_CONFIG_HOME/containers"
mkdir "$XDG_CONFIG_HOME/containers"
find ~/.config/containers -mindepth 1 -maxdepth 1 ! -name auth.json -exec ln -s -t "$XDG_CONFIG_HOME/containers" {} +
begin_inventory
workspace alice "sidecars: [redis]" >>"$inventory"
make_certificates
make_tiny_profile >/dev/null 2>&1
echo "$password_line" >"$work/htpasswd"
tls="  tls: {certificate: $work/tls.crt, key: $work/tls.key}"
run_registry plain
run_registry tls "$tls"
run_registry locked "$tls" "auth: {htpasswd: {realm: test, path: $work/htpasswd}}"
start_service
first "a registry without TLS is refused unless that is allowed" plain_http_is_refused_unless_allowed
it "an unknown authority is explained, and trusted by its file" unknown_authority_is_explained_and_trusted_by_a_file
it "a registry that wants a login gets the one of auth.json and no other" login_is_wanted_and_checked
it "both architectures of an image are pushed, and come back by architecture and by digest" \
	both_architectures_come_back
it "a registry that does not answer is named" silent_registry_is_named
first "a deploy takes its images from a registry" deploys_from_registry
it "the same image from another source changes nothing" source_alone_changes_nothing
it "a newer image is told by plan and taken by --pull newer" newer_image_is_told_and_taken
it "a stack's image is pushed, and a workspace stands on it" stack_comes_from_registry
it "an image for another architecture never starts" other_architecture_never_starts
it "an image that the registry does not have is named" unknown_image_is_named
it "a registry that is down fails a deploy and not a plan" registry_down
