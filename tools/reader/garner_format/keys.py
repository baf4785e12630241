# SPDX-License-Identifier: Apache-2.0
"""Section 3: the master key, how it is wrapped, and what is derived from it."""

import ctypes
import ctypes.util
import hashlib
import hmac
import zlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .damage import Damage, Refused, expect
from .numbers import Cursor

RECORD = 108
PASSWORD, KEY_FILE, RECOVERY_KEY = 1, 2, 3
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def hkdf(key, info, size=32, salt=None):
    return HKDF(algorithm=hashes.SHA256(), length=size, salt=salt, info=info.encode()).derive(key)


def hmac256(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


class Keys:
    """All that a reader derives from the master key."""

    def __init__(self, master):
        self.config = hkdf(master, "garner config")
        self.chunk_id = hkdf(master, "garner chunk id")
        self.meta_root = hkdf(master, "garner meta")
        self.data_root = hkdf(master, "garner data")
        self.signing = hkdf(master, "garner snapshot signing")
        self.data_box = hkdf(master, "garner data box")


class Secret:
    """A password, key file or recovery key, as somebody has given it."""

    def __init__(self, kind, data):
        self.kind = kind
        self.data = recovery_key(data) if kind == RECOVERY_KEY else data
        if kind == KEY_FILE and not 32 <= len(data) <= 65536:
            raise Refused("a key file has 32 to 65,536 bytes")

    def wrapping_key(self, salt, passes, memory_kib):
        if self.kind == PASSWORD:
            from argon2.low_level import Type, hash_secret_raw

            return hash_secret_raw(self.data, salt, passes, memory_kib, 1, 32, Type.ID, 19)
        info = "garner key file" if self.kind == KEY_FILE else "garner recovery key"
        return hkdf(self.data, info, salt=salt)


def recovery_key(text):
    """20 bytes from 32 characters of Crockford's base 32, the first character highest."""
    letters = text.decode("ascii", "replace").upper().replace("-", "").replace(" ", "").strip()
    letters = letters.replace("O", "0").replace("I", "1").replace("L", "1")
    if len(letters) != 32 or any(letter not in CROCKFORD for letter in letters):
        raise Refused("a recovery key has 32 characters")
    number = 0
    for letter in letters:
        number = number << 5 | CROCKFORD.index(letter)
    return number.to_bytes(20, "big")


def unwrap(file, secret, repository):
    """The master key from a file below keys/, or None where the secret is not its own."""
    for copy in file[:RECORD], file[-RECORD:]:
        try:
            return unwrap_record(copy, secret, repository)
        except Damage as damage:
            why = damage
    raise why


def unwrap_record(record, secret, repository):
    cursor = Cursor(record)
    expect(len(record) == RECORD and cursor.take(8) == b"GRNKEYS2", "not a key")
    expect(zlib.crc32(record[:104]) == int.from_bytes(record[104:], "little"), "a key is damaged")
    kind, passes, memory_kib = cursor.u32(), cursor.u32(), cursor.u32()
    cursor.take(20)
    salt, sealed = cursor.take(16), cursor.take(48)
    if kind != secret.kind:
        return None
    if kind == PASSWORD:
        expect(1 <= passes <= 16 and 8 <= memory_kib <= 1 << 20, "a key of impossible cost")
    else:
        expect(passes == 0 and memory_kib == 0, "a key of impossible cost")
    wrapping = secret.wrapping_key(salt, passes, memory_kib)
    try:
        return AESGCM(wrapping).decrypt(bytes(12), sealed, record[:56] + repository)
    except InvalidTag:
        return None


def open_box(private, sealed):
    """A libsodium sealed box (crypto_box_seal_open); only packs of put-only writers have one."""
    sodium = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
    public = ctypes.create_string_buffer(32)
    expect(len(sealed) == 80, "a box of another size")
    sodium.crypto_scalarmult_base(public, private)
    out = ctypes.create_string_buffer(32)
    size = ctypes.c_ulonglong(len(sealed))
    if sodium.crypto_box_seal_open(out, sealed, size, public, private) != 0:
        raise Damage("the box of a data key does not open")
    return out.raw
