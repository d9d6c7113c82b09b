"""What a driver author writes with: Driver, registers, commands, channels and parameters.

May import: i2c, lib, atomic, errors.
"""
