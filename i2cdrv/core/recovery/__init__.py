"""Recovery: states of a device, verification of its samples, and the health of its bus.

May import: driver, i2c, lib, atomic, errors.
"""
