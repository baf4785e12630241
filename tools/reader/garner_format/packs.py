# SPDX-License-Identifier: Apache-2.0
"""Section 5: packs, their directories and blocks."""

import zstandard

from .damage import Damage, expect
from .numbers import Cursor
from .seals import DIRECTORY, DIRECTORY_NUMBER, DOCUMENTS, LARGE, META, TAG, TEXTS

CHUNK_MAX = 4 << 20
BLOCK_MAX = 1 << 20
BLOCKS_MAX = 4096
PACK_MAX = 28 << 20
RAW, ZSTD, ZSTD_DICTIONARY = 0, 1, 2


class Block:
    def __init__(self, number, offset, cursor):
        self.number = number
        self.offset = offset
        self.sealed, self.plain = cursor.u32(), cursor.u32()
        self.piece, self.codec = cursor.u8(), cursor.u8()
        self.chunks = []  # (id, offset in the block, size)
        at, count = 0, cursor.u32()
        for _ in range(count):
            name, size = cursor.take(16), cursor.u32()
            self.chunks.append((name, at, size))
            at += size
        expect(at == self.plain, "a block that is not its chunks")
        expect(self.plain <= (CHUNK_MAX if count == 1 else BLOCK_MAX), "a block that is too large")
        expect(self.piece in (TEXTS, DOCUMENTS, LARGE, META), "a block of unknown kind")
        expect(self.codec in (RAW, ZSTD, ZSTD_DICTIONARY), "a block of unknown coding")
        expect(self.sealed >= TAG, "a block of impossible size")


class Pack:
    """A pack file: where its chunks lie, and what is in its blocks."""

    def __init__(self, repository, name):
        self.repository = repository
        self.path = f"packs/{name[:2]}/{name}"
        self.file, self.seal, self.trailer = repository.open_file(b"GRNPACK2", "packs", name[:2], name)
        expect(len(self.file) <= PACK_MAX, "a pack of impossible size")
        self._with_repair(self._read_directory)
        self.places = {chunk[0]: (block, chunk) for block in self.blocks for chunk in block.chunks}

    def _with_repair(self, attempt):
        return self.repository.with_repair(self.path, attempt, self.file, self.trailer)

    def _read_directory(self, data):
        begin = self.trailer.data - self.trailer.directory
        cursor = Cursor(self.seal.open(DIRECTORY, DIRECTORY_NUMBER, 0, data[begin:]))
        kind, commitment = cursor.u8(), cursor.take(32)
        expect(kind in (0, 1), "a data key of unknown kind")
        self.seal.use_data_key(kind, cursor.take(80) if kind else None, commitment)
        self.dictionary = cursor.take(16)
        count = cursor.u32()
        expect(count <= BLOCKS_MAX, "a pack of too many blocks")
        self.blocks, at = [], 0
        for number in range(count):
            self.blocks.append(Block(number, at, cursor))
            at += self.blocks[-1].sealed
        cursor.end("a directory")
        expect(at == begin, "a pack that is not its blocks")

    def block(self, block, dictionary):
        """The plain bytes of a block; dictionary(id) gives a chunk."""
        return self._with_repair(lambda data: self._open_block(data, block, dictionary))

    def _open_block(self, data, block, dictionary):
        sealed = data[block.offset : block.offset + block.sealed]
        plain = self.seal.open(block.piece, block.number, block.codec, sealed)
        if block.codec != RAW:
            words = dictionary(self.dictionary) if block.codec == ZSTD_DICTIONARY else None
            plain = decompress(plain, block.plain, words)
        expect(len(plain) == block.plain, "a block of another size")
        return plain


def decompress(data, most, dictionary=None):
    """One zstd frame of at most so many bytes."""
    words = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
    try:
        reader = zstandard.ZstdDecompressor(dict_data=words).decompressobj()
        out = reader.decompress(data)
    except zstandard.ZstdError as error:
        raise Damage(f"what is compressed does not open: {error}") from None
    expect(len(out) <= most and not reader.unused_data, "what is compressed has another size")
    return out
