"""The names of what a process can be asked over varlink; the text of each is with who answers."""

CONTROL = "io.i2cdrv.Control"
DAEMON = "io.i2cdrv.Daemon"
DEVICES = "io.i2cdrv.Devices"
LOG = "io.i2cdrv.Log"
SIM = "io.i2cdrv.Sim"
TRACE = "io.i2cdrv.Trace"
WATCH = "io.i2cdrv.Watch"
