"""The varlink services of a process, one for each file.

May import: the rest of ipc, core and the folders below it.
"""
