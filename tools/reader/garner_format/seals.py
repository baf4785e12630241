# SPDX-License-Identifier: Apache-2.0
"""Section 4, first half: sealed pieces, and the keys of one file."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from .damage import Damage, expect
from .keys import hkdf, open_box

TEXTS, DOCUMENTS, LARGE, META, DIRECTORY, INDEX_PAGE, SNAPSHOT, WRITER = range(1, 9)
DIRECTORY_NUMBER = 2147483647
TAG = 16


class FileSeal:
    """Opens the pieces of the file NAME."""

    def __init__(self, repository, name):
        self.repository = repository
        self.name = name
        self.file_key = hkdf(repository.keys.meta_root, "garner file", salt=name)
        self.data_key = None

    def check_commitment(self, commitment):
        own = hkdf(self.file_key, "garner file commitment", salt=self.name)
        expect(own == commitment, "the file is of another repository, or has another name")

    def use_data_key(self, kind, box, commitment):
        """Of a pack: the data key, derived, or out of the box in the directory."""
        keys = self.repository.keys
        if kind == 0:
            self.data_key = hkdf(keys.data_root, "garner data", salt=self.name)
        else:
            self.data_key = open_box(keys.data_box, box)
        own = hkdf(self.data_key, "garner data commitment", salt=self.name)
        expect(own == commitment, "the data key of the pack is another")

    def open(self, piece, number, codec, sealed):
        key = self.data_key if piece in (TEXTS, DOCUMENTS, LARGE) else self.file_key
        cipher = {"aes-256-gcm": AESGCM, "chacha20-poly1305": ChaCha20Poly1305}[self.repository.seal]
        position = number.to_bytes(4, "little")
        bound = self.repository.id + self.name + position + bytes([piece, codec])
        expect(len(sealed) >= TAG, "a sealed piece is cut off")
        try:
            return cipher(key).decrypt(position + bytes(8), sealed, bound)
        except InvalidTag:
            raise Damage("a sealed piece does not open") from None
