"""The thread that owns a bus: its loop, its timers, its CPUs and its watchdog.

May import: i2c, lib, atomic, errors.
"""
