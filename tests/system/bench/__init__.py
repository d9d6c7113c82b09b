"""What i2cdrv costs, beside bare smbus2 and the drivers people use today: ``make bench``."""
