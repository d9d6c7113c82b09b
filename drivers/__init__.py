"""Driver modules: one file, one chip family.  Installed as i2cdrv.drivers."""
