"""``i2cdrv watch``: the live table of readings.

May import: every folder but cli.completion.
"""
