/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PODMAN_LOGIN_H
#define WINALUX_PODMAN_LOGIN_H

struct error;

/*
 * What `podman login` (or docker's) left for a registry. Looked for where Podman looks:
 * $REGISTRY_AUTH_FILE alone if it is set; else $XDG_RUNTIME_DIR/containers/auth.json,
 * ~/.config/containers/auth.json and ~/.docker/config.json ($XDG_CONFIG_HOME and $DOCKER_CONFIG
 * honoured), of which the first that knows the registry counts.
 */
struct login {
	char *header; /* value of X-Registry-Auth, a secret; NULL: none found */
	char *file;   /* where it, or the helper, stands; NULL: nowhere */
	char *helper; /* a credential helper that keeps it, which only the service may ask; or NULL
		       */
};

/*
 * For an image or a repository, "registry.example.org:5000/team/winalux/web:1": the entry with the
 * longest matching path counts. ERROR_HOST: a file that is there cannot be read or makes no sense.
 */
int login_find(const char *reference, struct login *ret, struct error *err);
void login_release(struct login *login); /* wipes the secret */

#endif
