# SPDX-License-Identifier: Apache-2.0
"""What lies at a path of a snapshot (KIND/NAME/FOLDER/…/ITEM), and its way into a folder."""

import os

from . import filenames
from .contents import read
from .damage import Damage
from .trees import folders, items


class Entry:
    """An item: where it lies (components), and what it is."""

    def __init__(self, path, item):
        self.path = path
        self.item = item


def entries(store, snapshot, wanted, fault):
    """Yields the items at or below `wanted` (components). fault(text) hears what cannot be read."""
    kinds = [(filenames.encode(each.kind), each) for each in snapshot.objects]
    for kind in sorted({kind for kind, _ in kinds}):
        objects = [each for own, each in kinds if own == kind]
        for name, each in zip(filenames.unique([each.name for each in objects]), objects):
            if fits([kind, name], wanted):
                try:
                    yield from _object(store, [kind, name], each.tree, wanted, fault)
                except Damage as damage:
                    fault(f"{kind}/{name}: {damage}")


def fits(path, wanted):
    """Whether a path lies on the way to what is wanted, or in it."""
    size = min(len(path), len(wanted))
    return path[:size] == wanted[:size]


def _object(store, path, tree, wanted, fault):
    found = folders(store, tree)
    below = {}
    tops = {each.id for each in found if not each.parent and not each.name}
    for each in found:
        parent = each.parent.encode("utf-8", "surrogateescape")
        if each.id not in tops:
            below.setdefault(b"" if parent in tops else parent, []).append(each)
    own = [each for each in found if each.id in tops]
    yield from _children(store, path, (own, below, b""), wanted, fault)


def _children(store, path, place, wanted, fault):
    own, below, parent = place
    children = [(each.id, each.name, each, None) for each in below.get(parent, [])]
    for folder in own:
        try:
            children += [(item.id, item.name, None, item) for item in items(store, folder)]
        except Damage as damage:
            fault(f"{'/'.join(path)}: {damage}")
    children.sort(key=lambda child: child[0])
    names = filenames.unique([child[1] for child in children])
    for name, (_, _, folder, item) in zip(names, children):
        here = path + [name]
        if not fits(here, wanted):
            continue
        if folder:
            yield from _children(store, here, ([folder], below, folder.id), wanted, fault)
        elif len(here) >= len(wanted):
            yield Entry(here, item)


def restore(store, snapshot, wanted, target, fault):
    """Writes the items below a path into a folder; returns how many, and how many bytes."""
    count = total = 0
    skip = len(wanted)
    for entry in entries(store, snapshot, wanted, fault):
        relative = entry.path[skip:] or entry.path[-1:]
        place = os.path.join(target, *relative)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        try:
            total += write(store, entry.item, place)
            count += 1
        except Damage as damage:
            fault(f"{'/'.join(entry.path)}: {damage}")
    return count, total


def write(store, item, place):
    """A file appears whole or not at all, and never in the place of another."""
    part, size = place + ".part", 0
    if os.path.lexists(place):
        raise Damage("something lies there already")
    try:
        with open(part, "xb") as file:
            for piece in read(store, item.content):
                file.write(piece)
                size += len(piece)
        os.utime(part, (item.modified, item.modified))
        os.rename(part, place)
    except Damage:
        os.unlink(part)
        raise
    return size
