# SPDX-License-Identifier: Apache-2.0
"""Names of items as names of files. No part of the format: as `garner restore` does it."""

import hashlib
import re

WHOLE_MAX, CUT_MAX, ENDING_MAX = 251, 255, 10


def escape(byte):
    return f"%{byte:02X}"


def escape_name(name):
    dots = name in (".", "..")
    out = []
    for at, letter in enumerate(name):
        code = ord(letter)
        follows = name[at + 1 : at + 3]
        is_escape = letter == "%" and (re.fullmatch("[0-9A-Fa-f]{2}", follows) or name == "%")
        if dots or is_escape or code < 32 or 127 <= code < 160 or letter == "/" or 0xDC80 <= code <= 0xDCFF:
            out += [escape(byte) for byte in letter.encode("utf-8", "surrogateescape")]
        else:
            out.append(letter)
    return "".join(out)


def encode(name):
    if not name:
        return "%"
    encoded = escape_name(name)
    size = len(encoded.encode())
    return encoded if size <= WHOLE_MAX else shorten(encoded, name)


def shorten(encoded, name):
    digits = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    dot = encoded.rfind(".")
    ending = encoded[dot:] if dot > 0 and len(encoded[dot:].encode()) <= ENDING_MAX else ""
    room = CUT_MAX - 13 - len(ending.encode())
    kept = encoded.encode()[:room].decode("utf-8", "ignore")
    cut = re.search("%[0-9A-Fa-f]?$", kept) and re.search("%[0-9A-Fa-f]{2}", encoded[kept.rfind("%") :][:3])
    kept = kept[: kept.rfind("%")] if cut else kept
    return f"{kept}~{digits}{ending}"


def unique(names):
    """The components of children that stand in one folder, in the order of their ids."""
    encoded = [encode(name) for name in names]
    taken, given, out = set(encoded), {}, []
    for component in encoded:
        given[component] = given.get(component, 0) + 1
        if given[component] == 1:
            out.append(component)
            continue
        while True:
            candidate = f"{component}~{given[component]}"
            if len(candidate.encode()) > CUT_MAX:
                candidate = encode(candidate)
            if candidate not in taken:
                break
            given[component] += 1
        taken.add(candidate)
        out.append(candidate)
    return out
