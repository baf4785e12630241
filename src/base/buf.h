/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Bytes that grow, up to a ceiling that is given when the buffer is made. The only way to grow
 * memory with what comes from outside: it can make a buffer fail, never make the program swell.
 *
 * Not for objects, which have their own _new, nor for texts of our own making (mem_printf).
 */

struct buf {
	unsigned char *data; /* borrowed by readers until the next call that may grow it */
	size_t size;         /* bytes in use */
	size_t capacity;
	size_t ceiling;
};

/** An empty buffer that will hold at most `ceiling` bytes. It allocates nothing yet. */
struct buf buf_init(size_t ceiling);

/** Frees what the buffer holds and leaves it empty, with its ceiling; an empty one is fine. */
void buf_free(struct buf *buf);

/** Forgets the bytes and keeps the memory for the next use. */
void buf_clear(struct buf *buf);

/**
 * Appends `size` bytes, copied from `data`, which may not lie in the buffer itself. Amortized
 * constant time a byte. ERR_LIMIT where the ceiling would be passed; after an error the buffer
 * is as it was.
 */
NODISCARD int buf_append(struct buf *buf, const void *data, size_t size);

/** Appends a text without its NUL. ERR_LIMIT. */
NODISCARD int buf_append_text(struct buf *buf, const char *text);

/** Appends a formatted text. ERR_LIMIT. */
NODISCARD PRINTF_LIKE(2, 3) int buf_printf(struct buf *buf, const char *format, ...);

/** Makes room for `size` more bytes and returns where they go; they count as used only after
 * buf_commit. NULL with ERR_LIMIT's message where the ceiling would be passed. */
NODISCARD unsigned char *buf_reserve(struct buf *buf, size_t size);

/** Counts `size` bytes, written into what buf_reserve returned, as used. */
void buf_commit(struct buf *buf, size_t size);

/** Appends integers in little-endian order, 2, 4 and 8 bytes. ERR_LIMIT. */
NODISCARD int buf_put_u16(struct buf *buf, uint16_t value);
NODISCARD int buf_put_u32(struct buf *buf, uint32_t value);
NODISCARD int buf_put_u64(struct buf *buf, uint64_t value);

/** The bytes as a text: puts a NUL behind them that is not counted. Borrowed. NULL with
 * ERR_LIMIT's message where the ceiling leaves no room for it. */
const char *buf_text(struct buf *buf);

/** Hands the bytes over: the caller frees them with mem_free. The buffer is empty afterwards.
 */
NODISCARD unsigned char *buf_steal(struct buf *buf, size_t *size);

/** A local that frees itself: AUTO_BUF body = buf_init(BODY_MAX); */
#define AUTO_BUF __attribute__((cleanup(buf_free))) struct buf

/*
 * Reading what buf_put_* wrote, with every length checked: a cursor over borrowed bytes.
 */
struct reader {
	const unsigned char *data;
	size_t size; /* bytes left */
};

/** Each takes from the front; ERR_CORRUPT where too little is left. */
NODISCARD int reader_u16(struct reader *reader, uint16_t *out);
NODISCARD int reader_u32(struct reader *reader, uint32_t *out);
NODISCARD int reader_u64(struct reader *reader, uint64_t *out);
NODISCARD int reader_bytes(struct reader *reader, size_t size, const unsigned char **out);

#endif
