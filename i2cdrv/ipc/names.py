"""The varlink interfaces of i2cdrv: name and definition of each.

A server accepts the calls that its definition declares.  A client checks replies against its own definition, because
the server may be of another version.
"""

from __future__ import annotations

from ..lib.limits import LEVELS

MODULES = "io.i2cdrv.Modules"
DAEMON = "io.i2cdrv.Daemon"
DEVICES = "io.i2cdrv.Devices"
LOG = "io.i2cdrv.Log"
SIM = "io.i2cdrv.Sim"
TRACE = "io.i2cdrv.Trace"
TRANSFER = "io.i2cdrv.Transfer"
WATCH = "io.i2cdrv.Watch"

_READING = """
# status: ok with channels; or error with error (an errno's name) and message.  time: UNIX time in s; boottime:
# CLOCK_BOOTTIME in s.  Each channel has a value, or an error and a message.
# digits: after the point, for people; text: the words of a value that is no number, such as yes.
# name, label: the user's names of the device and of a channel, if it has one.
# Watch also gives chip, state and reason of the device at that moment.
type Value (value: ?float, unit: string, digits: ?int, text: ?string, error: ?string, message: ?string,
  label: ?string)
type Reading (device: string, driver: string, time: float, boottime: float, status: (ok, error),
  channels: ?[string]Value, error: ?string, message: ?string, chip: ?string, state: ?string, reason: ?string,
  name: ?string)
"""

_MODULES = f"""# The modules that a process of i2cdrv has loaded.
interface {MODULES}

# A module with the devices its driver is bound to, for example 1-0076.  path: its file; description: that file's words.
# foreign: the library that it passes the values of; i2cdrv verifies none of them.
type Module (name: string, devices: []string, users: int, path: string, description: string, foreign: ?string)

method ListModules() -> (modules: []Module)

# The texts of the module's readable parameters, without the newline at the end.
method ShowParameters(module: string) -> (parameters: [string]string)

# Returns when the module's devices without a value of their own have the new value; if one fails, all have the old one.
method StoreParameter(module: string, name: string, value: string) -> ()

# Reads the module's file again, and binds its devices to the new driver.  An invalid file changes nothing.
# dropped: parameters that lost their value; failed: devices that could not be bound again, and why.
method ReloadModule(module: string) -> (dropped: []string, devices: []string, failed: [string]string)

error Error (errno: int, name: string, message: string)
"""

_DAEMON = f"""# The daemon of i2cdrv.
interface {DAEMON}

# A configured chip without a client on a bus, and why.  A chip that only does not answer is in io.i2cdrv.Devices.
type Missing (module: string, bus: string, address: ?int, reason: string, name: ?string)

# The chips that may be at an address; sure: one was recognised by its identity.
type Found (address: int, chips: []string, sure: bool, note: string)

# started: UNIX time in s; status: the line in systemctl status.
method Status() -> (pid: int, version: string, config: string, state: string, started: float, status: string,
  missing: []Missing)

# Loads a module and binds it to a chip.  Without an address the bus is searched; without a bus no chip is bound.
# parameters: NAME=VALUE, with an address those of that chip alone, otherwise those of the module.
# The daemon does both again after a restart.
method Load(module: string, parameters: []string, bus: ?string, address: ?int, interval: ?float, force: ?bool,
  force_addr: ?bool, force_id: ?bool, ignore_unknown: ?bool) -> (device: ?string)

# Releases the module's devices and unloads it.
method Unload(module: string) -> ()

# Names a device, for example garden; without a name it has that of the configuration again, or none.
method NameDevice(device: string, name: ?string) -> ()

# Finds the chips on a bus, without any write that could change one.
method Detect(bus: string, any_bus: ?bool) -> (bus: int, adapter: string, found: []Found)

# Reads the configuration again and applies the differences.  An invalid one changes nothing.
method Reload() -> ()

error Error (errno: int, name: string, message: string)
"""

_DEVICES = f"""# The I2C devices of a process of i2cdrv: chips at addresses, whether a driver is bound to them or not.
interface {DEVICES}

# device: for example 1-0076; state: absent, probing, live, suspect, failed, or unbound without a driver; reason: why it
# is not live.  interval: s between samples; reading: the latest one.
# taint: the options that override a check of it, or foreign code.
# name: the user's name of it, which the methods accept, too.
type Device (device: string, bus: int, adapter: string, address: int, chip: string, module: ?string, state: string,
  reason: string, interval: ?float, reading: ?Reading, taint: ?string, name: ?string)

# A readable parameter of a device.  value: its text, without the newline at the end.  origin: default (of the driver),
# options (of the configuration), load, module (set for the module), params (of the device in the configuration), or
# device (set for it at run time); described: the same for people.
type Parameter (name: string, value: string, origin: string, described: string)
{_READING}
method ListDevices() -> (devices: []Device)

# Declares a device, for example lm75, at an address.  A loaded driver for it is bound at once.
method NewDevice(bus: int, chip: string, address: int, force_addr: ?bool, force_id: ?bool) -> (device: Device)

# Removes a device created at run time: by NewDevice, by a write to new_device, or by Load of the daemon.
method DeleteDevice(device: string) -> ()

# Binds the module's driver; without a module the loaded driver for the chip.
method Bind(device: string, module: ?string) -> (device: Device)

method Unbind(device: string) -> ()

method ShowParameters(device: string) -> (parameters: []Parameter)

# Sets a parameter of this device alone.  Returns when the chip has the new value; if that fails, the old one stays.
method StoreParameter(device: string, name: string, value: string) -> ()

# Removes the value that was set at run time: the device has that of its configuration again, or its module's.
method UnsetParameter(device: string, name: string) -> ()

error Error (errno: int, name: string, message: string)
"""

_LOG = f"""# The log of a process of i2cdrv: its latest lines, including lines that its stderr does not show.
interface {LOG}

# number: 0 for the first line of the process; time: UNIX time in s; seconds: since the process began.
# level: {", ".join(LEVELS)}.
type Line (number: int, time: float, seconds: float, level: string, event: string, values: object)

# The number of the process, and of the next line of its log.  began: CLOCK_BOOTTIME when the process began, in s.
method Describe() -> (pid: int, next: int, began: ?float)

# With more: the kept lines, the oldest first, some in each reply.  level: only lines of this level and worse.
# lines: only that many, the latest.  since: only lines from that number on.  follow: new lines too, as they arrive.
# device: only lines of this device, for example 1-0076, or of the user's name of it, and those of its bus.
# lost: the number of lines, of all levels, that were dropped from memory before the first of these.
# next: the number of the next line.
method Read(level: ?string, lines: ?int, since: ?int, follow: ?bool, device: ?string) -> (
  lines: []Line, lost: int, next: int
)

error Error (errno: int, name: string, message: string)
"""

_SIM = f"""# The simulated buses of a process of i2cdrv, and the faults on them.
interface {SIM}

# A fault on a bus, for example i2c-0, or on one chip there, for example 0-0076; words: those of i2cdrv sim fault.
# hits: the number of transfers it changed.  transfers_left and seconds_left are present if it has such a limit.
type Fault (target: string, words: string, hits: int, transfers_left: ?int, seconds_left: ?float)

# The names of the simulated buses; none if all buses of the process, which is number pid, are real ones.
method ListBuses() -> (buses: []string, pid: int)

method ListFaults() -> (faults: []Fault)

# The fault takes effect with the next transfer.
method InjectFault(target: string, words: []string) -> ()

# End the faults of a chip, or all of a bus.
method ClearFaults(target: string) -> ()

error Error (errno: int, name: string, message: string)
"""

_TRACE = f"""# The transfers of a process of i2cdrv.
interface {TRACE}

# A bus, with the devices that drivers are bound to, for example 1-0076.
type Bus (bus: int, adapter: string, devices: []string)

method ListBuses() -> (buses: []Bus)

# With more: the transfers of a bus, or of one address on it, as they happen.  The first reply has the header of a
# record, further replies have lines of a record, with times in s of the bus's clock:
# time, addr, messages ("write": hexadecimal, or "read": length), answers (hexadecimal) or error (an errno's name),
# duration; smbus and command for an SMBus operation.
# time, bound (address), module, chip, parameters; time, unbound (address).
# time, lost: the number of missing lines, because the caller was too slow.
# names: the users' names of devices of the bus, by device, for example 1-0076.
method Trace(bus: int, address: ?int) -> (header: ?object, lines: ?[]object, names: ?[string]string)

error Error (errno: int, name: string, message: string)
"""

_TRANSFER = f"""# Transfers of programs on the buses of the daemon, at addresses that have no driver.
interface {TRANSFER}

# One message (struct i2c_msg): the bytes to write, in hexadecimal, or the number of bytes to read.
type Message (address: int, write: ?string, read: ?int)

# One combined transfer (I2C_RDWR).  bus: a number, a name such as i2c-1, or sim.
# answers: the bytes of each read, in hexadecimal.  An address with a driver is refused (EBUSY).
# force: the address may have a driver; only for root and the user of this process.
method Transfer(bus: string, messages: []Message, force: ?bool) -> (answers: []string)

# With upgrade: many transfers on one connection, which carries frames after the reply (i2cdrv/ipc/transferframe.py).
# functionality: the bits of I2C_FUNCS.
method Open(bus: string) -> (bus: int, adapter: string, functionality: int)

error Error (errno: int, name: string, message: string)
"""

_WATCH = f"""# The readings of the devices of a process of i2cdrv.
interface {WATCH}

# How to show a value of a channel.  digits: the number of digits after the point.  label: the user's name of it.
type Channel (unit: string, digits: int, label: ?string)

# A device, for example 1-0076.  state: live, suspect, absent, probing or failed; reason: why, nothing if it is live.
# interval: s between samples, none if it is sampled only on request.  errors: the number of failed samples, by kind.
# name: the user's name of it, which the methods accept, too.
type Device (
  device: string, chip: string, module: string, state: string, reason: string, interval: ?float, errors: [string]int,
  channels: [string]Channel, name: ?string
)
{_READING}
# The number of the process, and its devices.
method ListDevices() -> (pid: int, devices: []Device)

# With more: the devices and the latest reading of each, then readings as they arrive.  devices: only these.
# boottime: CLOCK_BOOTTIME of this process in s; minus a reading's boottime it is the reading's age.
# devices in a later reply: the present devices, after a change.
# lost: the number of readings missing before these, because the caller was too slow.
method Watch(devices: ?[]string) -> (devices: ?[]Device, readings: ?[]Reading, boottime: ?float, lost: ?int)

# The latest reading of one device; a new sample, if the latest is too old.
# raw: without corrections, labels and derived channels.
method Read(device: string, raw: ?bool) -> (reading: Reading, boottime: float, interval: float, pid: int)

error Error (errno: int, name: string, message: string)
"""

TEXTS = {MODULES: _MODULES, DAEMON: _DAEMON, DEVICES: _DEVICES, LOG: _LOG, SIM: _SIM, TRACE: _TRACE,
         TRANSFER: _TRANSFER, WATCH: _WATCH}  # fmt: skip
