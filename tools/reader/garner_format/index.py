# SPDX-License-Identifier: Apache-2.0
"""Section 6: the index, all files of it that count."""

from .damage import expect
from .numbers import Cursor
from .seals import INDEX_PAGE, TAG

PAGE = 65536


class IndexFile:
    """What one file says, as far as a reader needs it."""

    def __init__(self, repository, name):
        file, seal, trailer = repository.open_file(b"GRNINDX2", "index", name)
        text = repository.with_repair(f"index/{name}", lambda data: open_pages(seal, data), file, trailer)
        cursor = Cursor(text)
        self.name = bytes.fromhex(name)
        self.group, self.part, self.parts = cursor.take(16), cursor.u16(), cursor.u16()
        counts = [cursor.u32() for _ in range(5)]
        references = cursor.u32()
        self.replaced = [cursor.take(16) for _ in range(counts[0])]
        self.condemned = [(cursor.take(16), cursor.u64())[0] for _ in range(counts[1])]
        self.dropped = [cursor.take(16) for _ in range(counts[2])]
        self.packs = [read_pack(cursor) for _ in range(counts[3])]
        self.entries = [self._entry(cursor) for _ in range(counts[4])]
        cursor.take(20 * references)
        cursor.end("an index file")

    def _entry(self, cursor):
        name, pack = cursor.take(16), cursor.u32()
        cursor.u32(), cursor.u32()
        return name, pack


def read_pack(cursor):
    name = cursor.take(16)
    cursor.take(4 + 4 + 4 + 16 + 1)
    cursor.take(cursor.u32() * 10)
    return name


def open_pages(seal, data):
    pages = []
    for number, at in enumerate(range(0, len(data), PAGE + TAG)):
        sealed = data[at : at + PAGE + TAG]
        is_last = at + PAGE + TAG >= len(data)
        pages.append(seal.open(INDEX_PAGE, number, 1 if is_last else 0, sealed))
    expect(pages, "an index file without a page")
    return b"".join(pages)


def read_index(repository):
    """The pack, by NAME, of each chunk."""
    files = [IndexFile(repository, name) for name in repository.names("index")]
    found = {}
    for file in files:
        found.setdefault(file.group, []).append(file)
    groups = {group: parts for group, parts in found.items() if is_whole(parts)}
    replaced = {name for parts in groups.values() for part in parts for name in part.replaced}
    count = [part for group, parts in groups.items() if group not in replaced for part in parts]
    dropped = {name for part in count for name in part.dropped}
    places = {}
    for group, parts in groups.items():
        if group not in replaced:
            take_group(parts, dropped, places)
    return places


def take_group(parts, dropped, places):
    """The packs of a group are numbered through its parts."""
    parts = sorted(parts, key=lambda part: part.part)
    packs = [pack for part in parts for pack in part.packs]
    for part in parts:
        for chunk, number in part.entries:
            expect(number < len(packs), "an entry in a pack that is not there")
            if packs[number] not in dropped:
                places.setdefault(chunk, packs[number])


def is_whole(parts):
    return sorted(part.part for part in parts) == list(range(parts[0].parts))
