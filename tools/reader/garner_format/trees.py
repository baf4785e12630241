# SPDX-License-Identifier: Apache-2.0
"""Section 8, the trees: ordered maps of pages, folders, items."""

from .contents import Content
from .damage import expect
from .numbers import TEXT_MAX, Cursor

PAGE_MAX, ENTRIES_MAX, LEVELS_MAX = 1 << 20, 65535, 16
VALUE_MAX = 262272
DEPTH_MAX = 512


def walk(store, root):
    """Yields key and value of each entry of a map, by the bytes of the keys."""
    last = None
    for key, value in _page(store, root, None, None):
        expect(last is None or key > last, "a map out of order")
        last = key
        yield key, value


def _page(store, name, level, last_key):
    data = store.chunk(name)
    expect(len(data) <= PAGE_MAX, "a page that is too large")
    cursor = Cursor(data)
    expect(cursor.take(8) == b"GRNPAGE2", "not a page")
    own, count = cursor.u8(), cursor.varint()
    expect(own < LEVELS_MAX and count <= ENTRIES_MAX, "a page that cannot be")
    expect(level is None or own == level, "a page of another level")
    expect(count > 0 or (level is None and own == 0), "an empty page below another")
    key = b""
    for _ in range(count):
        key = _key(cursor, key)
        if own == 0:
            size = cursor.varint()
            expect(size <= VALUE_MAX, "a value that is too long")
            yield key, cursor.take(size)
        else:
            below = cursor.take(16)
            cursor.varint(), cursor.varint()
            yield from _page(store, below, own - 1, key)
    cursor.end("a page")
    expect(last_key is None or key == last_key, "a page that ends with another key")


def _key(cursor, before):
    shared, more = cursor.varint(), cursor.varint()
    expect(shared <= len(before) and shared + more <= TEXT_MAX, "a key that cannot be")
    return before[:shared] + cursor.take(more)


class Folder:
    def __init__(self, key, value):
        cursor = Cursor(value)
        self.id = key
        self.parent, self.name = cursor.text(), cursor.text()
        self.items, self.bytes, self.root = cursor.varint(), cursor.varint(), cursor.take(16)
        cursor.end("a folder")


class Item:
    def __init__(self, key, value):
        cursor = Cursor(value)
        self.id = key
        self.name, self.type, self.tag = cursor.text(), cursor.text(), cursor.text()
        self.modified, self.content = cursor.i64(), Content(cursor)
        cursor.end("an item")


def folders(store, tree):
    """All folders of an object, each with `path`: the names from the top down to it."""
    found = [Folder(key, value) for key, value in walk(store, tree)]
    by_id = {folder.id: folder for folder in found}
    for folder in found:
        folder.path = []
        at, depth = folder, 0
        while True:
            if at.name:
                folder.path.insert(0, at.name)
            if not at.parent:
                break
            parent = at.parent.encode("utf-8", "surrogateescape")
            depth += 1
            expect(parent in by_id and depth <= DEPTH_MAX, "a folder without an end above it")
            at = by_id[parent]
    return found


def items(store, folder):
    for key, value in walk(store, folder.root):
        yield Item(key, value)
