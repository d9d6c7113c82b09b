"""The body of each command.

May import: every folder but cli.completion.
"""
