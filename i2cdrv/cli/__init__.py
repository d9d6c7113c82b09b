"""The command line: parser, commands, completion and help.

May import: every other folder.
"""
