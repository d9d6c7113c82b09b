"""The structured log: lines to stderr or the journal, and a ring in memory.

May import: the rest of lib.
"""
