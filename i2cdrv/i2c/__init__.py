"""One I2C bus: the Adapter protocol, /dev/i2c-N, records and replays of a bus, and what /sys says about it.

May import: lib, atomic, errors.
"""
