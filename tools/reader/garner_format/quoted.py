# SPDX-License-Identifier: Apache-2.0
"""Section 12, quoted-printable: one encoder with the variants that a profile names."""

LOWER, TAB, FULL, FULL_HEX, DOT, EVEN, MANY, BLANK = (1 << bit for bit in range(8))
MANY_BYTES = b'!"#$@[\\]^`{|}~'
SOFT_END = 2


def is_encoded(profile, byte, ends_line, column):
    """Whether a byte has three characters."""
    if byte == 9 and profile & TAB:
        return True
    if byte in b"\t ":
        return ends_line and not profile & BLANK
    if byte == ord(".") and profile & DOT:
        return column == 0
    if profile & MANY and byte in MANY_BYTES:
        return True
    return byte == ord("=") or not 32 <= byte <= 126


def finds_room(facts, column, size, ends_line):
    room = facts.line - 1
    if ends_line:
        room += bool(facts.profile & (FULL_HEX if size == 3 else FULL))
    elif facts.profile & EVEN:
        size = 3
    return column + size <= room


def encode_quoted(facts, data):
    out, column, at, end = bytearray(), 0, 0, facts.line_end
    digits = b"=%02x" if facts.profile & LOWER else b"=%02X"
    while at < len(data):
        if data.startswith(end, at):
            out += end
            at, column = at + len(end), 0
            continue
        byte, at = data[at], at + 1
        ends_line = not facts.flags & SOFT_END if at == len(data) else data.startswith(end, at)
        size = 3 if is_encoded(facts.profile, byte, ends_line, column) else 1
        if not finds_room(facts, column, size, ends_line):
            out += b"=" + end
            column = 0
            size = 3 if is_encoded(facts.profile, byte, ends_line, column) else 1
        out += digits % byte if size == 3 else bytes([byte])
        column += size
    if facts.flags & SOFT_END:
        out += b"=" + end
    return bytes(out)
