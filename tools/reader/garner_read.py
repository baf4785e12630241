#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Lists and restores snapshots of a Garner repository without Garner.

garner_read.py REPOSITORY --password-file F | --key-file F | --recovery-key-file F [--without-index]
    list | ls SNAPSHOT[:PATH] | restore SNAPSHOT[:PATH] --to DIR

Exit codes: 0 done, 1 failed, 2 wrong use, 7 something was damaged (the rest is done), 10 no repository,
12 wrong password. It needs python3-cryptography, python3-zstandard and, for passwords, python3-argon2.
"""

import argparse
import datetime
import os
import sys

from garner_format import keys, restoring, snapshots
from garner_format.damage import Damage, Refused
from garner_format.repository import Repository
from garner_format.store import Store


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("repository")
    secret = parser.add_mutually_exclusive_group(required=True)
    secret.add_argument("--password-file")
    secret.add_argument("--key-file")
    secret.add_argument("--recovery-key-file")
    parser.add_argument("--without-index", action="store_true", help="find chunks by the packs' directories")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list")
    commands.add_parser("ls").add_argument("snapshot")
    restore = commands.add_parser("restore")
    restore.add_argument("snapshot")
    restore.add_argument("--to", required=True)
    return parser.parse_args()


def read_secret(options):
    if options.key_file:
        with open(options.key_file, "rb") as file:
            return keys.Secret(keys.KEY_FILE, file.read())
    kind = keys.PASSWORD if options.password_file else keys.RECOVERY_KEY
    with open(options.password_file or options.recovery_key_file, "rb") as file:
        text = file.read()
    return keys.Secret(kind, text[:-1] if text.endswith(b"\n") else text)


def time(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Reading:
    def __init__(self, options):
        self.options = options
        self.faults = 0
        self.repository = Repository(options.repository, read_secret(options))
        self.snapshots, faults = snapshots.read_all(self.repository)
        for each in faults:
            self.fault(each)

    def fault(self, text):
        self.faults += 1
        print(f"garner_read: {text}", file=sys.stderr)

    def choose(self):
        name, _, path = self.options.snapshot.partition(":")
        wanted = [part for part in path.split("/") if part]
        return snapshots.choose(self.snapshots, name), wanted

    def list(self):
        for each in self.snapshots:
            items = sum(one.items for one in each.objects)
            print(each.id, time(each.created), each.job, f"{len(each.objects)} objects, {items} items")

    def ls(self):
        snapshot, wanted = self.choose()
        store = Store(self.repository, not self.options.without_index)
        for entry in restoring.entries(store, snapshot, wanted, self.fault):
            print(entry.item.content.size, time(entry.item.modified), "/".join(entry.path))

    def restore(self):
        snapshot, wanted = self.choose()
        store = Store(self.repository, not self.options.without_index)
        os.makedirs(self.options.to, exist_ok=True)
        count, size = restoring.restore(store, snapshot, wanted, self.options.to, self.fault)
        print(f"{count} items, {size} bytes")

    def run(self):
        getattr(self, self.options.command)()
        for note in dict.fromkeys(self.repository.notes):
            print(f"garner_read: {note}", file=sys.stderr)
        return 7 if self.faults else 0


def main():
    try:
        return Reading(arguments()).run()
    except Damage as damage:
        print(f"garner_read: {damage}", file=sys.stderr)
        return 7
    except Refused as refused:
        print(f"garner_read: {refused}", file=sys.stderr)
        return 10 if "no repository" in str(refused) else 12 if "password" in str(refused) else 1


if __name__ == "__main__":
    sys.exit(main())
