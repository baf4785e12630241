/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/*
 * Errors. A function that can fail returns int: 0 (or a count that its header names), or one of
 * these. The message is set once, where the failure is detected; a caller may put its own
 * context before it, and passes the code on unchanged.
 *
 * The codes are told apart where somebody acts on the difference: each has its exit code in
 * cmd/, and a source's retries depend on them. Lack of memory for small things is no error
 * here: see mem.h.
 */

enum err {
	ERR_IO = -1,      /* the machine's disk or kernel refused */
	ERR_CORRUPT = -2, /* stored data is not what was written */
	ERR_NOTFOUND = -3,
	ERR_EXISTS = -4,
	ERR_INVALID = -5, /* bad input from outside; a bad argument from inside is an ASSERT */
	ERR_LIMIT = -6,   /* a bound that we set ourselves would be passed */
	ERR_AUTH = -7,    /* sign-in or permission refused by the other side */
	ERR_THROTTLED = -8,    /* the other side asks for patience */
	ERR_NETWORK = -9,      /* the other side cannot be reached, or broke off */
	ERR_PROTOCOL = -10,    /* the other side said what it may not say */
	ERR_CANCELLED = -11,   /* somebody asked us to stop */
	ERR_LICENSE = -12,     /* refused by the license */
	ERR_NOREPO = -13,      /* there is no repository at that place */
	ERR_LOCKED = -14,      /* another process holds it */
	ERR_PASSWORD = -15,    /* wrong password or key file */
	ERR_USAGE = -16,       /* the command line is wrong */
	ERR_PARTIAL = -17,     /* done in part; the result says what is missing */
	ERR_UNAVAILABLE = -18, /* the service answers, but cannot do it now (5xx) */
	ERR_CONFLICT = -19,    /* another transaction was in the way; do it again */
	ERR_RETAINED = -20,    /* locked against removal until a moment that has not come */
};

#define NODISCARD __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_at, first_at) __attribute__((format(printf, format_at, first_at)))

/** Sets this thread's message and returns `code`, so that a failing function can end with
 * `return err_set(...)`. */
NODISCARD PRINTF_LIKE(2, 3) int err_set(enum err code, const char *format, ...);

/** Puts "context: " before this thread's message and returns `code`; returns `code` untouched
 * when it is not negative. */
NODISCARD PRINTF_LIKE(2, 3) int err_wrap(int code, const char *format, ...);

/** As err_set, with the words of errno at its end: "cannot open x: No such file …". ERR_IO, or
 * ERR_NOTFOUND for ENOENT, ERR_EXISTS for EEXIST. */
NODISCARD PRINTF_LIKE(1, 2) int err_errno(const char *format, ...);

#ifdef __clang_analyzer__
/* What the analyser cannot see across files: these always give an error. */
#define err_set(code, ...) ((void)(err_set)((code), __VA_ARGS__), (int)(code))
#define err_errno(...) ((void)(err_errno)(__VA_ARGS__), (int)ERR_IO)
#endif

/** The message of this thread's last failure, one line without a final stop. Valid until the
 * thread's next failure. */
const char *err_message(void);

/** A short stable word for a code, for JSON and logs: "io", "corrupt", "not_found", … */
const char *err_name(int code);

/**
 * An invariant that protects data; kept in release builds. A failed one is a programming error:
 * it says where, and aborts.
 */
#define ASSERT(condition)                                                                      \
	((condition) ? (void)0 : err_assert_failed(#condition, __FILE__, __LINE__))

__attribute__((noreturn)) void err_assert_failed(
	const char *condition, const char *file, int line);

#endif
