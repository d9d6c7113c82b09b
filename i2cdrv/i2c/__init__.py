"""One I2C bus: the Adapter protocol, /dev/i2c-N, records and replays of a bus, and the facts about it in /sys.

May import: lib, atomic, errors.
"""
