#!/bin/bash
# SPDX-License-Identifier: MIT
# The sidecar for Airflow: a DAG of the home is run over its REST API.
. "$(dirname "$0")/lib.sh"

# Airflow makes its database at the first start: some 20 s of an idle machine.
export WINALUX_READY_TIMEOUT_S=250
case_limit_s=500
winalux()
{
	timeout 280 "$WINALUX" "$@"
}

begin_inventory
workspace alice "sidecars: [{name: airflow, config: {core.default_timezone: Europe/Vienna}}]" >>"$inventory"

deployed()
{
	status 0 deploy
	use_ssh
	running winalux-alice-airflow
}

# The DAG is written as a developer would, into ~/dags; its task leaves a file beside it.
airflow_runs_a_dag()
{
	local password
	status 0 winalux info alice --json
	password=$(json 'd["passwords"][0]["password"]' <<<"$out")
	status 0 winalux info alice
	contains "$out" "user admin, password $password"
	lacks "$(podman inspect winalux-alice-airflow)" "$password"
	lacks "$(podman logs winalux-alice-airflow 2>&1)" "$password"
	remote alice 'cat >dags/hello.py' <<-'END'
		import datetime, pathlib
		from airflow.sdk import dag, task

		@dag(schedule=None)
		def hello():
		    @task(retries=3, retry_delay=datetime.timedelta(seconds=1))
		    def leave():
		        pathlib.Path("/srv/dags/left").write_text("by a task")
		    leave()
		hello()
	END
	cat >"$work/run.py" <<-END
		import json, sys, time, urllib.error, urllib.request

		def call(path, body=None, token=None, method=None):
		    request = urllib.request.Request("http://127.0.0.1:8080" + path, method=method)
		    request.add_header("Content-Type", "application/json")
		    if token:
		        request.add_header("Authorization", "Bearer " + token)
		    data = None if body is None else json.dumps(body).encode()
		    with urllib.request.urlopen(request, data, 110) as answer:
		        return json.load(answer)

		token = call("/auth/token", {"username": "admin", "password": "$password"})["access_token"]
		run = None
		for _ in range(600):
		    try:
		        if not run:
		            call("/api/v2/dags/hello", {"is_paused": False}, token, "PATCH")
		            run = call("/api/v2/dags/hello/dagRuns", {"logical_date": None}, token)["dag_run_id"]
		        state = call("/api/v2/dags/hello/dagRuns/" + run, token=token)["state"]
		        if state in ("success", "failed"):
		            sys.exit(print(state))
		    except urllib.error.HTTPError as error:
		        if error.code != 404:
		            raise
		    time.sleep(0.5)
	END
	equal success "$(timeout 250 ssh -F "$work/ssh_config" alice.winalux python3 - <"$work/run.py")"
	equal "by a task" "$(remote alice cat dags/left)"
}

settings_arrive()
{
	equal Europe/Vienna "$(podman exec --user airflow winalux-alice-airflow \
		airflow config get-value core default_timezone 2>/dev/null | tail -n 1)"
}

start_service
first "a workspace with Airflow is deployed" deployed
it "Airflow runs a DAG of ~/dags; its password is in info alone" airflow_runs_a_dag
it "a setting reaches Airflow as a variable" settings_arrive
