# SPDX-License-Identifier: Apache-2.0
"""Section 4, second half: trailers, and the repair of data by parity."""

import zlib

from .damage import Damage, expect
from .numbers import Cursor

TRAILER = 64
SHARDS, PARITY = 64, 2
DATA_MAX = 1 << 30


class Trailer:
    def __init__(self, data, directory, parity, commitment):
        self.data = data
        self.directory = directory
        self.parity = parity
        self.commitment = commitment


def shard_size(data):
    return max(16, -(-data // SHARDS))


def file_size(data, parity):
    sums = (SHARDS + parity + 1) * 4 if parity else 0
    return data + parity * shard_size(data) + sums + 2 * TRAILER


def read_trailer(end, size, magic):
    """The last of the two that holds; `end` are the last 128 bytes of the file."""
    for at in (len(end) - TRAILER, len(end) - 2 * TRAILER):
        if at < 0:
            continue
        record = end[at : at + TRAILER]
        cursor = Cursor(record)
        if cursor.take(8) != magic or zlib.crc32(record[:60]) != int.from_bytes(record[60:], "little"):
            continue
        data, directory, shards, parity = cursor.u64(), cursor.u32(), cursor.u16(), cursor.u16()
        commitment, zeros = cursor.take(32), cursor.u32()
        if shards == SHARDS and parity in (0, PARITY) and directory <= data <= DATA_MAX and zeros == 0:
            if file_size(data, parity) == size:
                return Trailer(data, directory, parity, commitment)
    raise Damage("the end of the file is not what was written")


def multiply(a, b):
    """In GF(2^8) with the polynomial 0x11d."""
    out = 0
    while b:
        out ^= a if b & 1 else 0
        a = a << 1 ^ (0x11D if a & 128 else 0)
        b >>= 1
    return out


def inverse(a):
    return next(b for b in range(1, 256) if multiply(a, b) == 1)


def times(factor, shard):
    return shard.translate(bytes(multiply(factor, byte) for byte in range(256)))


def plus(a, b):
    return (int.from_bytes(a, "little") ^ int.from_bytes(b, "little")).to_bytes(len(a), "little")


def coefficient(parity, shard):
    return inverse((SHARDS + parity) ^ shard)


def repair(file, trailer):
    """The data of a whole file, with up to two damaged shards worked out."""
    data, size = file[: trailer.data], shard_size(trailer.data)
    if not trailer.parity:
        return data
    filled = data + bytes(SHARDS * size - len(data))
    shards = [filled[j * size : (j + 1) * size] for j in range(SHARDS)]
    cursor = Cursor(file[trailer.data :])
    shards += [cursor.take(size) for _ in range(PARITY)]
    sums = [cursor.u32() for _ in range(SHARDS + PARITY)]
    lost = [j for j, shard in enumerate(shards) if zlib.crc32(shard) != sums[j]]
    expect(len(lost) <= PARITY, "the file is damaged beyond its parity")
    whole = [i for i in range(PARITY) if SHARDS + i not in lost]
    lost = [j for j in lost if j < SHARDS]
    for j, shard in solve(shards, lost, whole):
        shards[j] = shard
    return b"".join(shards[:SHARDS])[: trailer.data]


def solve(shards, lost, whole):
    """One or two lost shards of data from as many whole shards of parity."""
    if not lost:
        return []
    left = []
    for i in whole[: len(lost)]:
        total = shards[SHARDS + i]
        for j in range(SHARDS):
            if j not in lost:
                total = plus(total, times(coefficient(i, j), shards[j]))
        left.append(total)
    if len(lost) == 1:
        return [(lost[0], times(inverse(coefficient(whole[0], lost[0])), left[0]))]
    (a, b), (p, q) = lost, whole
    pa, pb, qa, qb = coefficient(p, a), coefficient(p, b), coefficient(q, a), coefficient(q, b)
    over = inverse(multiply(pa, qb) ^ multiply(pb, qa))
    first = plus(times(multiply(over, qb), left[0]), times(multiply(over, pb), left[1]))
    second = plus(times(multiply(over, qa), left[0]), times(multiply(over, pa), left[1]))
    return [(a, first), (b, second)]
