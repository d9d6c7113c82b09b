"""The vocabulary of a driver author: Driver, registers, commands, channels and parameters.

May import: i2c, lib, atomic, errors.
"""
