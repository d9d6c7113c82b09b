"""What only the page of i2cdrv itself says: the idea, files, environment, exit status, other programs."""

from __future__ import annotations

DESCRIPTION = """\
i2cdrv drives real I2C sensors from userspace, with the habits of the kernel: driver modules with typed parameters,
probe and bind, errnos that mean something, and a tree of files in the shape of sysfs.  A sample is one coherent
conversion in the fewest transfers that the datasheet allows; a value that nothing vouches for is an error, never a
number.

i2cdrv load drives a chip from a terminal.  i2cdrv daemon does so as a service, for all chips that its configuration
names; other commands ask the process that is running.  The options below may stand before the command or after it,
and every command has --help."""

EXIT_STATUS = {
    "0": "It has been done.",
    "1": "It could not be done; the last line on standard error names the thing, the cause, and what to do next.",
    "2": "The command line is wrong.",
}

FILES = {
    "/etc/i2cdrv/i2cdrv.yaml": (
        "The configuration: options, blacklist, alias, softdep and cpus of modules; for the daemon devices, modules, "
        "buses, interval and log.  i2cdrv check finds mistakes in it."
    ),
    "/run/i2cdrv/sys": (
        "The tree, in the shape of /sys: parameters of modules, devices, hwmon and IIO.  Any path that you know "
        "under /sys is there, with /run/i2cdrv in front."
    ),
    "/run/i2cdrv/control": (
        "The daemon's socket, which speaks varlink.  Other processes have their number behind the name."
    ),
    "/run/i2cdrv/devices": "What every device that is served measured last.",
    "/var/lib/i2cdrv/state.json": "What was set while the daemon ran, and is so again when it is started anew.",
}

ENVIRONMENT = {
    "XDG_RUNTIME_DIR": (
        "For users other than root, i2cdrv in this directory takes the place of /run/i2cdrv.  Without it, i2cdrv in "
        "/run/user/UID does, or else the private directory /tmp/i2cdrv-UID."
    ),
    "XDG_STATE_HOME": "For users other than root, i2cdrv in this directory takes the place of /var/lib/i2cdrv.",
    "STATE_DIRECTORY": "Set by systemd: takes the place of /var/lib/i2cdrv.",
    "COLUMNS": "The width of --help, if it is not the terminal's.",
}

SEE_ALSO = ("i2cdetect(8)", "modinfo(8)", "modprobe(8)", "sensors(1)", "systemctl(1)")
