# SPDX-License-Identifier: Apache-2.0
"""Section 12: a decoded body and its facts back to the bytes of the message."""

import base64

from .damage import expect
from .quoted import encode_quoted

PLAIN, BASE64, QUOTED = 0, 1, 2
LINE_ENDS = {0: b"", 1: b"\n", 2: b"\r\n"}
LAST_LINE_END, SOFT_END = 1, 2
LINE_MAX, QUOTED_LINE_LEAST = 4096, 8


class Facts:
    def __init__(self, cursor):
        self.encoding, end = cursor.u8(), cursor.u8()
        self.flags, self.profile, self.line = cursor.u8(), cursor.u8(), cursor.varint()
        expect(self._can_be(end), "facts that no body has")
        self.line_end = LINE_ENDS[end]

    def _can_be(self, end):
        rest = (end, self.flags, self.profile, self.line)
        if self.encoding == PLAIN or (self.encoding == BASE64 and self.line == 0):
            return rest == (0, 0, 0, 0)
        if self.encoding == BASE64:
            lines = self.line <= LINE_MAX and self.line % 4 == 0
            return end in (1, 2) and self.flags in (0, LAST_LINE_END) and self.profile == 0 and lines
        lines = QUOTED_LINE_LEAST <= self.line <= LINE_MAX
        return self.encoding == QUOTED and end in (1, 2) and self.flags in (0, SOFT_END) and lines


def encode(facts, pieces):
    """Yields the bytes of the message from the pieces of a body."""
    if facts.encoding == BASE64:
        return encode_base64(facts, pieces)
    if facts.encoding == QUOTED:
        return [encode_quoted(facts, b"".join(pieces))]
    return pieces


def encode_base64(facts, pieces):
    step = facts.line // 4 * 3 if facts.line else 3
    many = step * max(1, 65536 // step)
    left, is_first = b"", True
    for piece in pieces:
        left += piece
        whole = (len(left) - 1) // many * many if left else 0
        for at in range(0, whole, many):
            yield _lines(facts, left[at : at + many], step, is_first)
            is_first = False
        left = left[whole:]
    if left:
        yield _lines(facts, left, step, is_first)
        if facts.flags & LAST_LINE_END:
            yield facts.line_end


def _lines(facts, data, step, is_first):
    if not facts.line:
        return base64.b64encode(data)
    lines = [base64.b64encode(data[at : at + step]) for at in range(0, len(data), step)]
    return (b"" if is_first else facts.line_end) + facts.line_end.join(lines)
