"""The tree under /run: kernfs objects, their contents, and the FUSE server or plain files that show them.

May import: config, core and the folders below it, but not ipc.
"""
