# SPDX-License-Identifier: Apache-2.0
"""Section 8, the snapshots: signed, each speaking of earlier ones."""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .damage import Damage, expect
from .numbers import Cursor
from .packs import decompress
from .seals import SNAPSHOT

PLAIN_MAX = 256 << 20
EARLIER_MAX = 64
STORED, FORGOTTEN = 1, 2


class Object:
    def __init__(self, cursor):
        self.kind, self.name = cursor.text(), cursor.text()
        self.kept, self.stored = cursor.u8(), cursor.i64()
        self.items, self.bytes = cursor.u64(), cursor.u64()
        self.tree, self.trial_items = cursor.take(16), cursor.u32()
        expect(self.kept in (0, 1), "an object that is neither stored nor kept")


class Snapshot:
    def __init__(self, repository, name):
        self.id = name
        file, seal, trailer = repository.open_file(b"GRNSNAP2", "snapshots", name)
        plain = repository.with_repair(f"snapshots/{name}", lambda data: open_piece(seal, data), file, trailer)
        body = verify(repository, bytes.fromhex(name), plain)
        self.digest = hashlib.sha256(body).digest()
        cursor = Cursor(body)
        self.kind = cursor.u8()
        count = cursor.u32()
        expect(count <= EARLIER_MAX, "a snapshot that speaks of too many")
        self.earlier = [(cursor.take(16).hex(), cursor.take(32)) for _ in range(count)]
        self.created, self.place = cursor.i64(), cursor.u32()
        self.job, self.objects, self.forgotten = "", [], []
        if self.kind == STORED:
            self.job, self.writer = cursor.text(), cursor.take(16)
            self.objects = [Object(cursor) for _ in range(cursor.u32())]
        else:
            expect(self.kind == FORGOTTEN, "a snapshot of unknown kind")
            self.forgotten = [(cursor.take(16).hex(), cursor.take(32)) for _ in range(cursor.u32())]
        cursor.end("a snapshot")


def open_piece(seal, data):
    """Which codec it has stands nowhere else: the one that opens."""
    try:
        return decompress(seal.open(SNAPSHOT, 0, 1, data), PLAIN_MAX)
    except Damage:
        return seal.open(SNAPSHOT, 0, 0, data)


def verify(repository, name, plain):
    signature, body = plain[:64], plain[64:]
    public = Ed25519PrivateKey.from_private_bytes(repository.keys.signing).public_key()
    try:
        public.verify(signature, b"garner snapshot 2" + repository.id + name + body)
    except InvalidSignature:
        raise Damage("the signature of a snapshot is not right") from None
    return body


def read_all(repository):
    """The snapshots, oldest first, and what is wrong with them or their chain."""
    found, faults = [], []
    for name in repository.names("snapshots"):
        try:
            found.append(Snapshot(repository, name))
        except Damage as damage:
            faults.append(f"snapshots/{name}: {damage}")
    there = {each.id: each.digest for each in found}
    gone = dict(pair for each in found for pair in each.forgotten)
    for each in found:
        for name, digest in each.earlier:
            if there.get(name, gone.get(name)) != digest:
                state = "is another than" if name in there else "is missing, though no one forgot it:"
                faults.append(f"snapshot {name} {state} the one that {each.id} speaks of")
    found = [each for each in found if each.kind == STORED and each.id not in gone]
    return sorted(found, key=lambda each: (each.created, each.place, each.id)), faults


def choose(found, name):
    """A snapshot by "latest" or by the first digits of its id."""
    match = found[-1:] if name == "latest" else [each for each in found if each.id.startswith(name)]
    if len(match) != 1:
        raise SystemExit(f"garner_read: {len(match)} snapshots are named {name}")
    return match[0]
