/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_TESTS_FAKE_FAKE_H
#define WINALUX_TESTS_FAKE_FAKE_H

#include <stdbool.h>

/*
 * A libpod service that says what a script tells it to, on a unix socket of its own. One thread
 * accepts, one serves each connection, so clients may work side by side.
 *
 * A script is a list of cases, each a request that is expected and the reply to it:
 *
 *	# what this is
 *	>>> POST /containers/create*		method and path below /v4.0.0/libpod with its query;
 *						'*' stands for anything, no '*': a query may follow
 *	~ "name":"alice-dev"			the body must contain this (any number of lines)
 *	<<< 201 [option…]			the status and what is odd about this reply
 *	Libpod-API-Version: 5.4.2		headers, a blank line, and the body up to the next
 *						line that begins with ">>> " (its last newline is
 *	{"Id":"0123"}				not part of it)
 *
 * The first case that fits and is not used up answers. Options:
 *	repeat		answers any number of times (otherwise once)
 *	escaped		the body holds \n \r \t \\ and \xNN; other newlines in it do not count
 *	file=PATH	the body is that file
 *	size=N		the body is N bytes of filler
 *	chunked		chunks, without a length; each piece of split is a chunk
 *	split=N		the body in writes of N bytes
 *	short=N		announces the whole length (or no last chunk), sends N bytes and closes
 *	close		closes after the reply
 *	reset		closes instead of a reply
 *	hang		no reply until the client goes away
 *	stall		head and body, but no end: then hang
 *	raw		101 or 200 without length, the body, then the end of the stream
 *	echo		as raw, then what the client sends comes back as frames of stdout
 *	die		after this, the service is gone: its socket and all connections
 * A reply carries "Libpod-API-Version: 4.3.1" unless it has a header of that name itself.
 */
struct fake_server;

/* script: the text of one (it holds a newline) or the path of a file. Ends the test program when it
 * is wrong. */
struct fake_server *fake_start(const char *script);
/* The same on a socket of the caller's choice. */
struct fake_server *fake_start_at(const char *script, const char *socket_path);
void fake_stop(struct fake_server *server); /* frees it */
void fake_stopp(struct fake_server **server);

const char *fake_socket(const struct fake_server *server);
unsigned fake_connection_count(struct fake_server *server);
unsigned fake_request_count(struct fake_server *server);
/* "METHOD /path?query" without the prefix, one a line, in the order of arrival. The caller frees
 * it. */
char *fake_requests(struct fake_server *server);
/* The body of the last request, as text. The caller frees it. */
char *fake_last_body(struct fake_server *server);
/* Requests that no case fitted and cases that nobody asked for, one a line; "" for none. The caller
 * frees it. */
char *fake_problems(struct fake_server *server);

#endif
