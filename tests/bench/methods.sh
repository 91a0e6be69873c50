# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# One function for each way to bring up workspaces; each defines prepare, up, again (a second run with nothing to
# do) and remove, for $count of them. To be sourced by inside.

names()
{
	seq -f 'bench%g' "$count"
}

nothing()
{
	:
}

method_winalux()
{
	export WINALUX_SOCKET=$socket
	prepare() { "$here/inventory.sh" "$count" >"$work/inventory.yml"; }
	up() { "$WINALUX" deploy --no-build "$work/inventory.yml"; }
	again() { up; }
	remove() { "$WINALUX" destroy --all --keep-data; }
}

# The calls that a deploy of winalux itself was seen to make (record.sh), by curl: one process and one connection
# for each workspace, four in flight. Nothing looks, plans, locks or waits but for the banner.
method_rest()
{
	prepare() { "$here/replay.py" write "$work/recorded.json" "$work/replay" "$count"; }
	up() { replay up; }
	again() { curl -K "$work/replay/lists"; }
	remove() { replay remove; }
	replay() { names | xargs -P 4 -I{} curl --fail-early -K "$work/replay/$1.{}"; }
}

method_cli()
{
	prepare() { nothing; }
	up()
	{
		local i
		for ((i = 1; i <= count; i++)); do
			cli_one "bench$i" $((ssh_base + i)) $((app_base + i))
		done
	}
	cli_one() # NAME SSH_PORT APP_PORT
	{
		podman volume create --ignore --label bench=1 "$1-home"
		podman pod exists "$1" || podman pod create --name "$1" --hostname "$1" -p "$2:2222" -p "$3:8000"
		podman container exists "$1-dev" || podman run -d --pod "$1" --name "$1-dev" \
			-v "$1-home:/home/developer" "$dev_image" sh -c "$dev_command"
		podman container exists "$1-redis" ||
			podman run -d --pod "$1" --name "$1-redis" "$redis_image" redis-server
	}
	again() { up; }
	remove() { names | while read -r name; do podman pod rm -f -t 1 "$name"; done; }
}

# One file with all pods, which is the faster way to use it.
method_kube()
{
	prepare()
	{
		local i
		for ((i = 1; i <= count; i++)); do
			kube_one "bench$i" $((ssh_base + i)) $((app_base + i))
		done >"$work/kube.yml"
	}
	kube_one() # NAME SSH_PORT APP_PORT
	{
		cat <<-END
			---
			apiVersion: v1
			kind: PersistentVolumeClaim
			metadata: {name: $1-home}
			spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
			---
			apiVersion: v1
			kind: Pod
			metadata: {name: $1}
			spec:
			  hostname: $1
			  containers:
			  - name: dev
			    image: $dev_image
			    imagePullPolicy: Never
			    command: [sh, -c, "$dev_command"]
			    ports: [{containerPort: 2222, hostPort: $2}, {containerPort: 8000, hostPort: $3}]
			    volumeMounts: [{name: home, mountPath: /home/developer}]
			  - name: redis
			    image: $redis_image
			    imagePullPolicy: Never
			    command: [redis-server]
			  volumes: [{name: home, persistentVolumeClaim: {claimName: $1-home}}]
		END
	}
	up() { podman kube play "$work/kube.yml"; }
	again() { podman kube play --replace "$work/kube.yml"; } # there is no other second run: it recreates
	remove() { podman kube down "$work/kube.yml"; }
}

# No pods: Redis joins the network namespace of its dev container.
method_compose()
{
	per_workspace=2
	compose() { podman-compose --in-pod=0 -p bench -f "$work/compose.yml" "$@"; }
	prepare()
	{
		local i
		{
			printf 'services:\n'
			for ((i = 1; i <= count; i++)); do
				compose_one "bench$i" $((ssh_base + i)) $((app_base + i))
			done
			printf 'volumes:\n'
			names | sed 's/.*/  &-home: {}/'
		} >"$work/compose.yml"
	}
	compose_one() # NAME SSH_PORT APP_PORT
	{
		cat <<-END
			  $1-dev:
			    image: $dev_image
			    container_name: $1-dev
			    hostname: $1
			    command: [sh, -c, "$dev_command"]
			    ports: ["$2:2222", "$3:8000"]
			    volumes: ["$1-home:/home/developer"]
			  $1-redis:
			    image: $redis_image
			    container_name: $1-redis
			    command: [redis-server]
			    network_mode: "service:$1-dev"
			    depends_on: [$1-dev]
		END
	}
	up() { compose up -d; }
	again() { compose up -d; }
	remove() { compose down; }
}

method_ansible()
{
	prepare()
	{
		cp -r "$here/ansible/." "$work/ansible"
		python3 -c 'import json, sys
n, ssh, app = map(int, sys.argv[1:])
json.dump({"devs": [{"name": f"bench{i}", "ssh_port": ssh + i, "app_port": app + i} for i in range(1, n + 1)]},
          sys.stdout)' "$count" "$ssh_base" "$app_base" >"$work/ansible/devs.json"
	}
	playbook()
	{
		(
			cd "$work/ansible" || exit
			ANSIBLE_NOCOLOR=1 ansible-playbook -i localhost, -c local -e @devs.json \
				-e "dev_image=$dev_image" -e "redis_image=$redis_image" \
				-e "{\"dev_command\": \"$dev_command\"}" "$1"
		)
	}
	up() { playbook site.yml; }
	again() { playbook site.yml; }
	remove() { playbook down.yml; }
}
