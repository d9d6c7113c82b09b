"""Plain tools without any I2C: clock, log, files, threads, text.

May import: atomic, errors.
"""
