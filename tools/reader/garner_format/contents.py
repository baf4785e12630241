# SPDX-License-Identifier: Apache-2.0
"""Section 7: contents, lists, recipes. All give the bytes piece by piece."""

from .bodies import Facts, encode
from .damage import Damage, expect
from .numbers import Cursor

CHUNK, LIST, MESSAGE = 0, 1, 2
LIST_LEVEL_MAX, LIST_MAX = 2, 4096
RECIPE_MAX = 1 << 20
LITERAL, BODY, SHORT_BODY = 0, 1, 2


class Content:
    def __init__(self, cursor):
        self.kind, self.id, self.size = cursor.u8(), cursor.take(16), cursor.u64()
        expect(self.kind in (CHUNK, LIST, MESSAGE), "a content of unknown kind")


def read(store, content):
    """Yields the bytes of a content, in pieces; raises Damage where they are not all there."""
    total = 0
    for piece in _pieces(store, content):
        total += len(piece)
        expect(total <= content.size, "a content that is longer than it says")
        yield piece
    expect(total == content.size, "a content that is shorter than it says")


def _pieces(store, content):
    if content.kind == CHUNK:
        yield store.chunk(content.id)
    elif content.kind == LIST:
        yield from _list(store, content.id, content.size, LIST_LEVEL_MAX)
    else:
        yield from _message(store, content.id)


def _list(store, name, size, level_most):
    cursor = Cursor(store.chunk(name))
    expect(cursor.take(8) == b"GRNLIST2", "not a list")
    level, count, below = cursor.u32(), cursor.u32(), cursor.u64()
    expect(level <= level_most and count <= LIST_MAX and below == size, "a list that cannot be")
    entries = [(cursor.take(16), cursor.u64()) for _ in range(count)]
    cursor.end("a list")
    expect(sum(entry[1] for entry in entries) == size, "a list that is not its entries")
    for entry, bytes_below in entries:
        if level > 0:
            yield from _list(store, entry, bytes_below, level - 1)
        else:
            data = store.chunk(entry)
            expect(len(data) == bytes_below, "a chunk of another size than its list says")
            yield data


def _message(store, name):
    recipe = store.chunk(name)
    expect(len(recipe) <= RECIPE_MAX, "a recipe that is too long")
    cursor = Cursor(recipe)
    expect(cursor.take(8) == b"GRNRCPE2", "not a recipe")
    while cursor.left() > 0:
        step = cursor.u8()
        if step == LITERAL:
            yield cursor.take(cursor.varint())
        elif step == BODY:
            facts, body = Facts(cursor), Content(cursor)
            expect(body.kind != MESSAGE, "a recipe in a recipe")
            yield from encode(facts, read(store, body))
        elif step == SHORT_BODY:
            facts = Facts(cursor)
            yield from encode(facts, [cursor.take(cursor.varint())])
        else:
            raise Damage("a recipe with an unknown step")
