"""Texts of the page of i2cdrv itself: the idea, files, environment, exit status, other programs."""

from __future__ import annotations

DESCRIPTION = """\
i2cdrv drives real I2C sensors from userspace, with the habits of the kernel: driver modules with typed parameters,
probe and bind, errnos that mean something, and a tree of files in the shape of sysfs.  A sample is one coherent
conversion in the fewest transfers that the datasheet allows.  A value that cannot be verified is an error, never a
number.

i2cdrv load drives a chip from a terminal.  i2cdrv daemon drives all chips of its configuration as a service.  Other
commands call the running process.  The options below may precede or follow the command.  Every command has --help."""

EXIT_STATUS = {
    "0": "Success.",
    "1": "Failure.  The last line on standard error names the thing, the cause, and what to do next.",
    "2": "Error in the command line.",
}

FILES = {
    "/etc/i2cdrv/i2cdrv.yaml": (
        "The configuration: options, blacklist, alias, softdep and cpus of modules, libraries of other people, and for "
        "the daemon devices, modules, buses, interval and log.  i2cdrv check finds mistakes in it."
    ),
    "/run/i2cdrv/sys": (
        "The tree, in the shape of /sys: parameters of modules, devices, hwmon and IIO.  Paths below /sys are the "
        "same here, after /run/i2cdrv."
    ),
    "/run/i2cdrv/control": (
        "The varlink socket of the daemon.  The sockets of other processes end with their process ID."
    ),
    "/run/i2cdrv/devices": "The last reading of every served device.",
    "/var/lib/i2cdrv/state.json": "Settings made at run time, which the daemon restores at its next start.",
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
