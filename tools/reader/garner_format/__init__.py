# SPDX-License-Identifier: Apache-2.0
"""A reader of Garner's repositories, written from docs/format.md alone.

It shares no code with Garner, so that what a backup holds does not depend on one program. From the
bottom up: numbers, keys, seals, armor, files, packs, index, store, contents, bodies, trees, snapshots.
"""
