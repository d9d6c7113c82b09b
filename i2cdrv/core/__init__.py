"""The driver model: modules, buses, devices, detection, sampling and recovery.

May import: sim, driver, kthread, i2c, lib, atomic, errors.
"""
