/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_SHORTCUT_H
#define WINALUX_GUEST_SHORTCUT_H

/*
 * Which shell is meant, when that is plain from the arguments alone; NULL leaves it to main().
 * stack is what the kernel gives a program: argc, argv and NULL, the environment and NULL, the
 * auxiliary vector (elf(5), getauxval(3)).
 */
const char *shortcut_shell(const unsigned long *stack);

#endif
