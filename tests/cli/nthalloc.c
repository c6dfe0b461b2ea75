/*
 * Preloaded: the N-th allocation of one program fails, once.
 *
 *	NTHALLOC_PROGRAM  the program's name; others are left alone
 *	NTHALLOC_N	  which allocation; 0: none
 *	NTHALLOC_COUNT	  a file that gets the number of allocations, a long
 *
 * Counted is what git-bbkey itself, libcurl, OpenSSL, libssh2 and jansson ask
 * for.  libgit2 1.5.1 and libnss_wrapper (a part of the tests), and what they
 * make libc do, crash inside themselves where there is no memory.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static long failing;
static _Atomic long count;
static _Atomic long *shown;
static int active;

/* A program that ends by exec or by a signal has counted all the same. */
static void show_count(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, sizeof(*shown)) < 0)
		_exit(125);
	shown = mmap(NULL, sizeof(*shown), PROT_READ | PROT_WRITE, MAP_SHARED,
		     fd, 0);
	(void)close(fd);
	if (shown == MAP_FAILED)
		_exit(125);
}

__attribute__((constructor)) static void start(void)
{
	const char *program = getenv("NTHALLOC_PROGRAM");
	const char *n = getenv("NTHALLOC_N");
	const char *path = getenv("NTHALLOC_COUNT");

	failing = n ? strtol(n, NULL, 10) : 0;
	active = program && !strcmp(program, program_invocation_short_name);
	if (active && path)
		show_count(path);
}

static int is_counted(const void *caller)
{
	static const char *const who[] = {
		"git-bbkey", "jansson", "libcurl",
		"libssh2",   "libssl",	"libcrypto"
	};
	const char *name;
	Dl_info info;

	if (!dladdr(caller, &info) || !info.dli_fname)
		return 0;
	name = strrchr(info.dli_fname, '/');
	name = name ? name + 1 : info.dli_fname;
	for (size_t i = 0; i < sizeof(who) / sizeof(*who); i++)
		if (strstr(name, who[i]))
			return 1;
	return 0;
}

static int fails(const void *caller)
{
	long n;

	if (!active || !is_counted(caller))
		return 0;
	n = ++count;
	if (shown && *shown < n)
		*shown = n;
	if (n != failing)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL :
						    __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL :
						    __libc_realloc(old, size);
}
