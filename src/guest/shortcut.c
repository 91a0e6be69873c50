/* SPDX-License-Identifier: MIT */
/*
 * Where the guest begins. Nearly always it is a shell below an accepted entry, that has nothing to
 * ask; what the C library does before main() would be most of what that costs (26 of 30 page
 * faults, three quarters of the time). So this comes first: the kernel enters at shortcut_entry,
 * which becomes the real shell where it can tell that it may, and otherwise goes on to the C
 * library's _start as if nothing had been. There main() looks again, and everything else is done.
 *
 * Nothing of the C library can be used here, not even what a compiler puts in by itself (the
 * Makefile has the flags), and nothing is written but the stack.
 */
#include "shortcut.h"

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "shell_name.h"

#if defined(__x86_64__)
__asm__(".pushsection .text.shortcut_entry, \"ax\", @progbits\n"
	".globl shortcut_entry\n"
	".type shortcut_entry, @function\n"
	"shortcut_entry:\n"
	"	mov %rsp, %rdi\n"
	"	push %rdx\n" /* what _start is given by the kernel */
	"	sub $8, %rsp\n"
	"	call shortcut_take\n"
	"	add $8, %rsp\n"
	"	pop %rdx\n"
	"	jmp _start\n"
	".popsection\n");

static long call_kernel(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
__asm__(".pushsection .text.shortcut_entry, \"ax\", @progbits\n"
	".globl shortcut_entry\n"
	".type shortcut_entry, @function\n"
	"shortcut_entry:\n"
	"	mov x19, x0\n" /* what _start is given by the kernel */
	"	mov x0, sp\n"
	"	bl shortcut_take\n"
	"	mov x0, x19\n"
	"	b _start\n"
	".popsection\n");

static long call_kernel(long number, long a, long b, long c)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
}
#else
#error "the guest is for amd64 and arm64"
#endif

void shortcut_take(const unsigned long *stack);

static char *const *arguments(const unsigned long *stack)
{
	return (char *const *)(stack + 1);
}

static char *const *environment(const unsigned long *stack)
{
	return arguments(stack) + stack[0] + 1;
}

/* What was executed; "" where the kernel does not say. */
static const char *executed(const unsigned long *stack)
{
	char *const *at = environment(stack);

	while (*at)
		at++;
	for (const Elf64_auxv_t *aux = (const Elf64_auxv_t *)(at + 1); aux->a_type != AT_NULL;
	     aux++)
		if (aux->a_type == AT_EXECFN)
			return (const char *)aux->a_un.a_val;
	return "";
}

const char *shortcut_shell(const unsigned long *stack)
{
	const int argc = (int)stack[0];
	char *const *argv = arguments(stack);
	const char *file = executed(stack);

	if (argc < 1 || shell_is_ssh_entry(argc, argv))
		return NULL;
	return shell_name_of(shell_is_of_script(file, argc, argv) ? argv[0] : file);
}

static void become(const char *name, const unsigned long *stack)
{
	char path[sizeof(SHELL_DIRECTORY "/") + SHELL_NAME_MAX] = SHELL_DIRECTORY "/";
	size_t len = sizeof(SHELL_DIRECTORY "/") - 1;

	while (*name)
		path[len++] = *name++;
	path[len] = '\0';
	call_kernel(SYS_execve, (long)path, (long)arguments(stack), (long)environment(stack));
}

/* Who has a parent in its pid namespace is no entry (shell_run() in shell.c). */
void shortcut_take(const unsigned long *stack)
{
	const char *name = shortcut_shell(stack);

	if (name && call_kernel(SYS_getppid, 0, 0, 0) > 0)
		become(name, stack);
}
