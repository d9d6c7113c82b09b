"""Communication between i2cdrv processes: the varlink protocol, the services, and clients of them.

May import: config, core and the folders below it, but not sysfs.
"""
