# SPDX-License-Identifier: Apache-2.0
"""What stored bytes are that do not fit docs/format.md."""


class Damage(Exception):
    """Stored data is not what was written, or not what the page allows."""


class Refused(Exception):
    """Not damage: a wrong password, no repository, a version that is not known."""


def expect(condition, what):
    if not condition:
        raise Damage(what)
