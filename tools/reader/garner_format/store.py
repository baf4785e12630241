# SPDX-License-Identifier: Apache-2.0
"""Chunks by their ids: found by the index or by the packs' own directories, always verified."""

from collections import OrderedDict

from .damage import Damage, expect
from .index import read_index
from .keys import hmac256
from .packs import Pack

PACKS_KEPT = 4
BLOCKS_KEPT = 32


class Store:
    def __init__(self, repository, use_index=True):
        self.repository = repository
        self.packs = OrderedDict()
        self.blocks = OrderedDict()
        self.places = read_index(repository) if use_index else self._scan()

    def _scan(self):
        """The index as it is made anew from the directories of all packs."""
        places = {}
        for name in self.repository.pack_names():
            try:
                pack = Pack(self.repository, name)
            except Damage as damage:
                self.repository.notes.append(f"packs/{name[:2]}/{name}: {damage}")
                continue
            for chunk in pack.places:
                places.setdefault(chunk, bytes.fromhex(name))
        return places

    def _pack(self, name):
        if name not in self.packs:
            try:
                self.packs[name] = Pack(self.repository, name.hex())
            except FileNotFoundError:
                raise Damage(f"the pack {name.hex()} is missing") from None
            if len(self.packs) > PACKS_KEPT:
                self.packs.popitem(last=False)
        self.packs.move_to_end(name)
        return self.packs[name]

    def chunk(self, name):
        """The bytes of a chunk; they are what the id says."""
        expect(name in self.places, f"chunk {name.hex()} is not in the repository")
        pack = self._pack(self.places[name])
        expect(name in pack.places, f"chunk {name.hex()} is not in its pack")
        block, (_, offset, size) = pack.places[name]
        key = self.places[name], block.number
        if key not in self.blocks:
            self.blocks[key] = pack.block(block, self.chunk)
            if len(self.blocks) > BLOCKS_KEPT:
                self.blocks.popitem(last=False)
        self.blocks.move_to_end(key)
        data = self.blocks[key][offset : offset + size]
        own = hmac256(self.repository.keys.chunk_id, data)[:16]
        expect(own == name, f"chunk {name.hex()} is not what was stored")
        return data
