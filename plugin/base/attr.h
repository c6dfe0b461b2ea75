/*
 * Attributes that carry a contract in a prototype.
 *
 * BBK_AUTO(str) path = BBK_STR_INIT;  declares a struct bbk_str that calls
 * bbk_str_release() when it leaves scope.  Every type named that way has
 *   BBK_X_INIT           a value; allocates nothing
 *   bbk_x_release(x)     frees what x holds and leaves BBK_X_INIT behind
 */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

#define BBK_MUST_CHECK __attribute__((warn_unused_result))
#define BBK_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define BBK_NORETURN __attribute__((noreturn))

#define BBK_AUTO(x) \
	__attribute__((cleanup(bbk_##x##_release))) struct bbk_##x

#define BBK_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
