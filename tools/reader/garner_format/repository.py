# SPDX-License-Identifier: Apache-2.0
"""Sections 1 and 3: the files of a repository, its config and its keys."""

import hmac
import os
import re

from . import armor
from .damage import Damage, Refused, expect
from .keys import Keys, hmac256, unwrap
from .seals import FileSeal

NAME = re.compile(r"[0-9a-f]{32}")
SEALS = "aes-256-gcm", "chacha20-poly1305"


class Repository:
    """A folder. `id`, `seal` and `keys` are known once it is open."""

    def __init__(self, folder, secret):
        self.folder = folder
        self.notes = []  # what was repaired while reading, for people
        config, self.id, self.seal, mac = self._config()
        self.keys = Keys(self._master(secret))
        if not hmac.compare_digest(hmac256(self.keys.config, config), mac):
            raise Damage("the config is not what was written")

    def read(self, *path):
        with open(os.path.join(self.folder, *path), "rb") as file:
            return file.read()

    def names(self, folder):
        """Names of the files of a folder, in their order; others are ignored."""
        try:
            found = os.listdir(os.path.join(self.folder, folder))
        except FileNotFoundError:
            return []
        return sorted(name for name in found if NAME.fullmatch(name))

    def pack_names(self):
        try:
            folders = os.listdir(os.path.join(self.folder, "packs"))
        except FileNotFoundError:
            return []
        found = (self.names(os.path.join("packs", each)) for each in folders if len(each) == 2)
        return sorted(name for names in found for name in names)

    def _config(self):
        why = Refused(f"there is no repository in {self.folder}")
        for file in "config", "config.copy":
            try:
                return parse_config(self.read(file))
            except FileNotFoundError:
                continue
            except Damage as damage:
                why = damage
        raise why

    def _master(self, secret):
        why = Refused("the password or key file is not one of this repository")
        for name in self.names("keys"):
            try:
                master = unwrap(self.read("keys", name), secret, self.id)
            except Damage as damage:
                why = damage
                continue
            if master:
                return master
        raise why

    def open_file(self, magic, *path):
        """An armored file: its data, its seal, its trailer. What is damaged is repaired where it can be."""
        file = self.read(*path)
        trailer = armor.read_trailer(file[-2 * armor.TRAILER :], len(file), magic)
        seal = FileSeal(self, bytes.fromhex(path[-1]))
        seal.check_commitment(trailer.commitment)
        return file, seal, trailer

    def with_repair(self, path, attempt, file, trailer):
        """attempt(data); where it meets damage once more with the data repaired by parity."""
        data = file[: trailer.data]
        try:
            return attempt(data)
        except Damage:
            repaired = armor.repair(file, trailer)
            if repaired == data:
                raise
            result = attempt(repaired)
            self.notes.append(f"{path} is damaged; its parity gave it back")
            return result


def parse_config(file):
    lines = file.split(b"\n")
    if lines[:1] != [b"garner repository"]:
        raise Damage("the config is not what was written")
    if lines[1] != b"version 2":
        raise Refused("the repository has another version than 2")
    form = (
        rb"garner repository\nversion 2\nid ([0-9a-f]{32})\nids hmac-sha256-128\nseal ([a-z0-9-]+)\n"
        rb"compression zstd\nchunks gear 262144 1048576 4194304\nmac ([0-9a-f]{64})\n"
    )
    match = re.fullmatch(form, file)
    expect(match and match[2].decode() in SEALS, "the config is not what was written")
    return file[: match.start(3) - 4], bytes.fromhex(match[1].decode()), match[2].decode(), bytes.fromhex(match[3].decode())
