"""The code inside the peers' environments: their drivers, unmodified, on the simulated bus.

Only the standard library, i2cdrv.sim and, by name, the peers are imported here.
"""
