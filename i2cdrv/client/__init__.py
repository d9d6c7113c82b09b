"""Python programs as clients of the running service.

May import: daemon and the folders below it.
"""
