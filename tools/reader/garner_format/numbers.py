# SPDX-License-Identifier: Apache-2.0
"""Taking bytes apart, with every length checked (the page's first paragraph)."""

import struct

from .damage import Damage, expect

TEXT_MAX = 65535


class Cursor:
    """Reads from the front of some bytes."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def left(self):
        return len(self.data) - self.at

    def take(self, size):
        expect(size <= self.left(), "it is cut off")
        self.at += size
        return bytes(self.data[self.at - size : self.at])

    def rest(self):
        return self.take(self.left())

    def _unpack(self, form, size):
        return struct.unpack(form, self.take(size))[0]

    def u8(self):
        return self._unpack("<B", 1)

    def u16(self):
        return self._unpack("<H", 2)

    def u32(self):
        return self._unpack("<I", 4)

    def u64(self):
        return self._unpack("<Q", 8)

    def i32(self):
        return self._unpack("<i", 4)

    def i64(self):
        return self._unpack("<q", 8)

    def varint(self):
        value = 0
        for shift in range(0, 70, 7):
            byte = self.u8()
            value |= (byte & 127) << shift
            if byte < 128:
                expect(byte > 0 or shift == 0, "a number in more bytes than it needs")
                expect(value < 1 << 64, "a number of more than 64 bits")
                return value
        raise Damage("a number of more than 64 bits")

    def text(self):
        size = self.varint()
        expect(size <= TEXT_MAX, "a text that is too long")
        data = self.take(size)
        expect(0 not in data, "a text with a NUL")
        return data.decode("utf-8", "surrogateescape")

    def end(self, what):
        expect(self.left() == 0, f"{what} with bytes behind its end")
