#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the garner.db of an older program from one of today's: the first VERSION migrations of
src/job/schema.c, with what today's has in the tables and columns that there were then.
Use: older_database.py SCHEMA.C TODAY.db OLDER.db VERSION      prints how many migrations there are
"""
import re
import sqlite3
import sys


def migrations(path):
    text = re.sub(r'/\*.*?\*/', '', open(path).read(), flags=re.S)
    names = re.search(r'schema_scripts\[\] = \{(.*?)\}', text, re.S).group(1)

    def script(name):
        body = re.search(r'static const char %s\[\] =(.*?);\s*(?=static|const|$)' % name, text, re.S).group(1)
        parts = re.findall(r'"((?:[^"\\]|\\.)*)"', body)
        return ''.join(parts).replace('\\"', '"')
    return [script(name.strip()) for name in names.split(',') if name.strip()]


def columns(db, name):
    return [row[1] for row in db.execute('PRAGMA table_info(%s)' % name)]


scripts = migrations(sys.argv[1])
version = int(sys.argv[4])
today, older = sqlite3.connect(sys.argv[2]), sqlite3.connect(sys.argv[3])
for sql in scripts[:version]:
    older.executescript(sql)
definition, = today.execute("SELECT sql FROM sqlite_master WHERE name = 'schema_version'").fetchone()
older.execute(definition)
names = [row[0] for row in older.execute(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'schema_version'")]
for name in names:
    kept = [c for c in columns(older, name) if c in columns(today, name)]
    if not kept:
        continue
    rows = today.execute('SELECT %s FROM %s' % (', '.join(kept), name)).fetchall()
    marks = ', '.join('?' * len(kept))
    older.executemany('INSERT OR IGNORE INTO %s (%s) VALUES (%s)' % (name, ', '.join(kept), marks), rows)
for column in columns(today, 'schema_version')[:1]:
    older.execute('DELETE FROM schema_version')
    older.execute('INSERT INTO schema_version (%s) VALUES (?)' % column, (version,))
older.commit()
print(len(scripts))
