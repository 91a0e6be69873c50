/* SPDX-License-Identifier: MIT */
/*
 * Completion scripts from the command tables. What only the machine knows (names of workspaces and
 * profiles) the scripts ask winalux for when Tab is pressed: `winalux list --names`, `winalux build
 * --names`. Everything else is written into the script.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"

#include "app.h"
#include "command.h"
#include "completion.h"

/* How each shell completes a kind: bash a word for _winalux_kind, zsh an action, fish arguments. */
static const struct {
	const char *bash;
	const char *zsh;
	const char *fish;
} kinds[COMPLETE_KIND_COUNT] = {
	[COMPLETE_NOTHING] = { "nothing", " ", "-f" },
	[COMPLETE_FILE] = { "file", "_files", "-F" },
	[COMPLETE_DIRECTORY] = { "directory", "_files -/",
				 "-f -a '(__fish_complete_directories)'" },
	[COMPLETE_WORKSPACE] = { "workspace", "_winalux_workspaces",
				 "-f -a '(winalux list --names 2>/dev/null)'" },
	[COMPLETE_INVENTORY] = { "inventory", "_winalux_inventory",
				 "-F -a '(winalux list --names 2>/dev/null)'" },
	[COMPLETE_PROFILE] = { "profile", "_winalux_profiles",
			       "-f -a '(winalux build --names 2>/dev/null)'" },
	[COMPLETE_COMMAND] = { "command", "_winalux_commands", "-f -a \"$__winalux_commands\"" },
	[COMPLETE_CONFIG_KEY] = { "key", "_winalux_keys", "-f -a \"$__winalux_keys\"" },
	[COMPLETE_SHELL] = { "shell", "(bash zsh fish)", "-f -a 'bash zsh fish'" },
	[COMPLETE_COPY] = { "copy", "_winalux_copy",
			    "-F -a '(winalux list --names 2>/dev/null | string replace -r \"$\" "
			    ":)'" },
	[COMPLETE_TOKEN] = { "token", "_winalux_token",
			     "-f -a 'show rotate unlock list key new backup (winalux list --names "
			     "2>/dev/null)'" },
};

static void add_command_names(struct buf *b)
{
	for (const struct command *const *c = commands; *c; c++)
		buf_addf(b, "%s%s", c == commands ? "" : " ", (*c)->name);
}

static void add_config_keys(struct buf *b)
{
	for (const struct config_entry *e = config_entries; e->key; e++)
		buf_addf(b, "%s%s", e == config_entries ? "" : " ", e->key);
}

/* Text inside single quotes of any of the three shells. */
static void add_in_quotes(struct buf *b, const char *text, const char *escape)
{
	for (; *text; text++) {
		if (*text == '\'')
			buf_add_str(b, escape);
		else
			buf_add_char(b, *text);
	}
}

/* --- bash --- */

static const char bash_head[] =
	"# bash completion of winalux, made by 'winalux completion bash'\n"
	"_winalux_kind() {\n"
	"\tlocal words=\n"
	"\tcase $1 in\n"
	"\tfile) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return "
	";;\n"
	"\tdirectory) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$cur\"); "
	"return ;;\n"
	"\tinventory)\n"
	"\t\twords=$(winalux list --names 2>/dev/null)\n"
	"\t\tcompopt -o filenames\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\"\n"
	"\t\t\tcompgen -d -- \"$cur\"; compgen -f -X '!*.@(yml|yaml)' -- \"$cur\")\n"
	"\t\treturn ;;\n"
	"\tcopy)\n"
	"\t\twords=$(winalux list --names 2>/dev/null)\n"
	"\t\tcompopt -o nospace -o filenames\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -S : -W \"$words\" -- \"$cur\"; compgen -f -- "
	"\"$cur\")\n"
	"\t\treturn ;;\n"
	"\tworkspace) words=$(winalux list --names 2>/dev/null) ;;\n"
	"\ttoken) words=\"show rotate unlock list key new backup $(winalux list --names "
	"2>/dev/null)\" "
	";;\n"
	"\tprofile) words=$(winalux build --names 2>/dev/null) ;;\n"
	"\tshell) words='bash zsh fish' ;;\n";

static const char bash_main[] =
	"_winalux() {\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} command= kind= i word extglob_was\n"
	"\tCOMPREPLY=()\n"
	"\textglob_was=$(shopt -p extglob); shopt -s extglob\n"
	"\t[ \"$cur\" = '=' ] && cur=\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tword=${COMP_WORDS[i]}\n"
	"\t\tcase $word in\n"
	"\t\t-*)\n"
	"\t\t\tkind=$(_winalux_value \"$command\" \"$word\")\n"
	"\t\t\t[ -n \"$kind\" ] || continue\n"
	"\t\t\t[ \"${COMP_WORDS[i + 1]}\" = '=' ] && ((i++))\n"
	"\t\t\t((i + 1 >= COMP_CWORD)) && break\n"
	"\t\t\t((i++)); kind= ;;\n"
	"\t\t*) [ -n \"$command\" ] || command=$word ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tif [ -n \"$kind\" ]; then\n"
	"\t\t_winalux_kind \"$kind\"\n"
	"\telif [[ $cur == -* ]]; then\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"$(_winalux_options \"$command\")\" -- "
	"\"$cur\")\n"
	"\telif [ -z \"$command\" ]; then\n"
	"\t\t_winalux_kind command\n"
	"\telse\n"
	"\t\t_winalux_kind \"$(_winalux_arguments \"$command\")\"\n"
	"\tfi\n"
	"\t$extglob_was\n"
	"}\n"
	"complete -F _winalux winalux\n";

static void bash_add_values(struct buf *b, const char *command, const struct option *options)
{
	for (const struct option *o = options; o && o->name; o++) {
		if (!o->arg || o->is_hidden)
			continue;
		buf_addf(b, "\t\"%s \"--%s", command, o->name);
		if (o->letter)
			buf_addf(b, "|\"%s \"-%c", command, o->letter);
		buf_addf(b, ") echo %s ;;\n", kinds[o->completes].bash);
	}
}

static void bash_add_names(struct buf *b, const struct option *options)
{
	for (const struct option *o = options; o && o->name; o++) {
		if (o->is_hidden)
			continue;
		buf_addf(b, " --%s", o->name);
		if (o->letter)
			buf_addf(b, " -%c", o->letter);
	}
}

static void add_bash(struct buf *b)
{
	buf_add_str(b, bash_head);
	buf_add_str(b, "\tcommand) words='");
	add_command_names(b);
	buf_add_str(b, "' ;;\n\tkey) words='");
	add_config_keys(b);
	buf_add_str(b, "' ;;\n\tesac\n\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- "
		       "\"$cur\")\n}\n_winalux_value() {\n\tcase \"$1 $2\" in\n");
	for (const struct command *const *c = commands; *c; c++)
		bash_add_values(b, (*c)->name, (*c)->options);
	buf_add_str(b, "\tesac\n\tcase \" $2\" in\n");
	bash_add_values(b, "", global_option_table);
	buf_add_str(b, "\tesac\n}\n_winalux_options() {\n\tcase $1 in\n");
	for (const struct command *const *c = commands; *c; c++) {
		buf_addf(b, "\t%s) echo '", (*c)->name);
		bash_add_names(b, (*c)->options);
		buf_add_str(b, "' ;;\n");
	}
	buf_add_str(b, "\tesac\n\techo '");
	bash_add_names(b, global_option_table);
	buf_add_str(b, "'\n}\n_winalux_arguments() {\n\tcase $1 in\n");
	for (const struct command *const *c = commands; *c; c++)
		buf_addf(b, "\t%s) echo %s ;;\n", (*c)->name, kinds[(*c)->completes].bash);
	buf_add_str(b, "\tesac\n}\n");
	buf_add_str(b, bash_main);
}

/* --- zsh --- */

static const char zsh_head[] =
	"#compdef winalux\n"
	"# zsh completion of winalux, made by 'winalux completion zsh'\n"
	"_winalux_workspaces() { compadd -- ${(f)\"$(winalux list --names 2>/dev/null)\"} }\n"
	"_winalux_profiles() { compadd -- ${(f)\"$(winalux build --names 2>/dev/null)\"} }\n"
	"_winalux_inventory() { _winalux_workspaces; _files -g '*.(yml|yaml)' }\n"
	"_winalux_token() { compadd -- show rotate unlock list key new backup ${(f)\"$(winalux "
	"list "
	"--names 2>/dev/null)\"} }\n"
	"_winalux_copy() { compadd -S : -- ${(f)\"$(winalux list --names 2>/dev/null)\"}; _files "
	"}\n";

/* Inside '…[help]': brackets and colons of the text are escaped. */
static void zsh_add_help(struct buf *b, const char *text)
{
	for (; *text; text++) {
		if (*text == '[' || *text == ']' || *text == ':')
			buf_add_char(b, '\\');
		if (*text == '\'')
			buf_add_str(b, "'\\''");
		else
			buf_add_char(b, *text);
	}
}

static void zsh_add_options(struct buf *b, const struct option *options)
{
	for (const struct option *o = options; o && o->name; o++) {
		if (o->is_hidden)
			continue;
		buf_add_str(b, " \\\n\t\t\t");
		if (o->letter && o->kind != OPTION_LIST)
			buf_addf(b, "'(-%c --%s)'", o->letter, o->name);
		if (o->letter)
			buf_addf(b, "{%s-%c%s,%s--%s%s}'[", o->kind == OPTION_LIST ? "\\*" : "",
				 o->letter, o->arg ? "+" : "", o->kind == OPTION_LIST ? "\\*" : "",
				 o->name, o->arg ? "=" : "");
		else
			buf_addf(b, "'%s--%s%s[", o->kind == OPTION_LIST ? "*" : "", o->name,
				 o->arg ? "=" : "");
		zsh_add_help(b, o->help);
		buf_add_char(b, ']');
		if (o->arg)
			buf_addf(b, ":%s:%s", o->arg, kinds[o->completes].zsh);
		buf_add_char(b, '\'');
	}
}

static void zsh_add_lists(struct buf *b)
{
	buf_add_str(b, "_winalux_keys() { compadd -- ");
	add_config_keys(b);
	buf_add_str(b, " }\n_winalux_commands() {\n\tlocal -a list=(\n");
	for (const struct command *const *c = commands; *c; c++) {
		buf_addf(b, "\t\t'%s:", (*c)->name);
		add_in_quotes(b, (*c)->summary, "'\\''");
		buf_add_str(b, "'\n");
	}
	buf_add_str(b, "\t)\n\t_describe command list\n}\n");
}

static void add_zsh(struct buf *b)
{
	buf_add_str(b, zsh_head);
	zsh_add_lists(b);
	buf_add_str(b, "_winalux() {\n\tlocal context state state_descr line\n"
		       "\ttypeset -A opt_args\n\t_arguments -C");
	zsh_add_options(b, global_option_table);
	buf_add_str(b, " \\\n\t\t\t'1:command:_winalux_commands' '*::argument:->argument'\n"
		       "\t[ \"$state\" = argument ] || return\n\tcase $words[1] in\n");
	for (const struct command *const *c = commands; *c; c++) {
		buf_addf(b, "\t%s)\n\t\t_arguments", (*c)->name);
		zsh_add_options(b, (*c)->options);
		zsh_add_options(b, global_option_table);
		if ((*c)->completes != COMPLETE_NOTHING)
			buf_addf(b, " \\\n\t\t\t'*:argument:%s'", kinds[(*c)->completes].zsh);
		buf_add_str(b, " ;;\n");
	}
	buf_add_str(b, "\tesac\n}\nif [ \"$funcstack[1]\" = _winalux ]; then\n\t_winalux \"$@\"\n"
		       "else\n\tcompdef _winalux winalux\nfi\n");
}

/* --- fish --- */

static void fish_add_options(struct buf *b, const char *condition, const struct option *options)
{
	for (const struct option *o = options; o && o->name; o++) {
		if (o->is_hidden)
			continue;
		buf_addf(b, "complete -c winalux%s -l %s", condition, o->name);
		if (o->letter)
			buf_addf(b, " -s %c", o->letter);
		if (o->arg)
			buf_addf(b, " -r %s", kinds[o->completes].fish);
		buf_add_str(b, " -d '");
		add_in_quotes(b, o->help, "\\'");
		buf_add_str(b, "'\n");
	}
}

static void fish_add_command(struct buf *b, const struct command *command)
{
	DEFER(freep) char *seen = xasprintf(" -n '__fish_seen_subcommand_from %s'", command->name);

	buf_addf(b, "complete -c winalux -n __fish_use_subcommand -f -a %s -d '", command->name);
	add_in_quotes(b, command->summary, "\\'");
	buf_addf(b, "'\ncomplete -c winalux%s %s\n", seen, kinds[command->completes].fish);
	fish_add_options(b, seen, command->options);
}

static void add_fish(struct buf *b)
{
	buf_add_str(b, "# fish completion of winalux, made by 'winalux completion fish'\n"
		       "set -g __winalux_commands ");
	add_command_names(b);
	buf_add_str(b, "\nset -g __winalux_keys ");
	add_config_keys(b);
	buf_add_char(b, '\n');
	fish_add_options(b, "", global_option_table);
	for (const struct command *const *c = commands; *c; c++)
		fish_add_command(b, *c);
}

static const struct {
	const char *name;
	void (*add)(struct buf *b);
} shells[] = { { "bash", add_bash }, { "zsh", add_zsh }, { "fish", add_fish } };

int completion_add(struct buf *b, const char *shell, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		if (strcmp(shells[i].name, shell) != 0)
			continue;
		shells[i].add(b);
		return 0;
	}
	return error_set(err, ERROR_USAGE,
			 "no completion for '%s'; there is one for bash, zsh, fish", shell);
}

static int run_completion(struct app *app, const void *options, const struct strv *args,
			  struct error *err)
{
	DEFER(buf_release) struct buf b = { 0 };

	(void)app, (void)options;
	buf_init(&b, SIZE_MAX);
	if (completion_add(&b, args->items[0], err) < 0)
		return -1;
	fputs(b.data, stdout);
	return 0;
}

const struct command cmd_completion = {
	.name = "completion",
	.summary = "Print the completion script for a shell",
	.args = "SHELL",
	.details = "SHELL is bash, zsh or fish. For the running bash: eval \"$(winalux completion "
		   "bash)\".",
	.min_args = 1,
	.max_args = 1,
	.completes = COMPLETE_SHELL,
	.run = run_completion,
};
