# SPDX-License-Identifier: Apache-2.0
"""Section 12: a decoded body and its facts back to the bytes of the message."""

import base64

from .damage import Damage, expect

PLAIN, BASE64, QUOTED = 0, 1, 2
LINE_ENDS = {0: b"", 1: b"\n", 2: b"\r\n"}
ENDS_WITH_LINE_END = 1
LINE_MAX = 4096


class Facts:
    def __init__(self, cursor):
        self.encoding, end = cursor.u8(), cursor.u8()
        self.tail, self.profile = cursor.u8(), cursor.u8()
        self.line = cursor.varint()
        expect(end in LINE_ENDS, "a line end of unknown kind")
        self.line_end = LINE_ENDS[end]
        expect(self.line <= LINE_MAX, "a line that is too long")


def encode(facts, pieces):
    if facts.encoding == PLAIN:
        return pieces
    if facts.encoding == BASE64:
        return encode_base64(facts, pieces)
    if facts.encoding == QUOTED:
        from .quoted import encode_quoted

        return encode_quoted(facts, b"".join(pieces))
    raise Damage("an encoding that is not known")


def encode_base64(facts, pieces):
    """Lines of `line` characters, or one line where that is 0."""
    expect(facts.line % 4 == 0 and bool(facts.line) == bool(facts.line_end), "lines that cannot be")
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
    if facts.tail & ENDS_WITH_LINE_END:
        yield facts.line_end


def _lines(facts, data, step, is_first):
    if not facts.line:
        return base64.b64encode(data)
    lines = [base64.b64encode(data[at : at + step]) for at in range(0, len(data), step)]
    return (b"" if is_first else facts.line_end) + facts.line_end.join(lines)
