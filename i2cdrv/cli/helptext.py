"""The description of each command in its own ``--help`` and man page, beyond its line in ``i2cdrv --help``.

An empty line separates paragraphs; a paragraph whose lines begin with spaces is not filled.
"""

DESCRIPTIONS = {
    "load": """\
MODULE is a driver module (i2cdrv list --available names them), a chip that one of them drives, or the file of a
driver of your own.  Without --addr the chip is searched for at the addresses that its datasheet allows, and
recognised by its identity registers.  A chip without identity is accepted if it is the only chip that answers.

PARAM=VALUE sets a parameter before any transfer to the chip: with --addr of this device only, without --addr of the
module, for all its devices.  Other parameters have the values of options in the configuration, or else the driver's
defaults.  An unknown parameter or an invalid value is an error, which names the nearest known word.

If a daemon runs, it drives the chip from now on, also after a restart; this command prints the device and returns.
If no daemon runs, this process drives the chip itself.  It prints a line for each sample until Ctrl-C, SIGTERM or
--count, and then puts the chip to sleep.  Meanwhile it serves the device as a daemon would: the tree below the run
directory shows it, and i2cdrv read, i2cdrv param, i2cdrv reload and i2cdrv trace reach it from another terminal.

--bus sim has simulated chips and needs no hardware.  Other commands see it only if both name the same --run-dir.""",
    "unload": """\
Its devices are put to sleep and released.  After a restart the daemon does not load the module, unless it is in the
configuration.""",
    "reload": """\
With a module, its driver's file is read again, for example after a fix.  Its devices are bound to the new driver at
the same addresses, with the same parameters and intervals.  A failed device, whose driver was ejected, is bound at
once.  If the file cannot be imported, nothing changes.

Parameters whose value the new driver does not accept are listed, and so are devices that could not be bound again; for
these the exit status is 1.

Without a module, the daemon reads its configuration again, as on SIGHUP or systemctl reload, and applies the
differences.  Unchanged devices miss no sample.  If the configuration is invalid, nothing changes, the mistake is
reported with its place, and the exit status is 1.""",
    "list": """\
A module is shown with its size, the number of its users, and the devices that its driver is bound to.  A device is
shown with its chip, its state, and its latest values or the reason why there are none:

  live      the chip is ready
  suspect   the chip answers, but the latest sample is an error
  absent    no chip answers, or another one does; it is searched for
  probing   the chip is being initialized
  failed    its driver was ejected; it is bound again after 10 s, then 1 min,
            10 min and each hour, or at once by i2cdrv reload
  unbound   it has no driver
  missing   it is configured, but its bus is missing""",
    "info": """\
The layout is that of modinfo(8): the file, the chips as aliases, the description, the parameters, and then the
channels, which are the values of a sample, with their units.  A parameter has its type or the words that it takes,
its default, and the mode of its file.  A slow chip has its shortest interval between samples.""",
    "param": """\
Without a name all readable parameters are printed; NAME prints the value of one.  NAME=VALUE waits for the current
sample and returns when the chip has the new value.  If the chip does not accept it, the error is reported and the old
value stays, on the chip too.

With a device, NAME=VALUE changes that device only; --unset removes that value.  The list shows the origin of each
value: driver default, then options in the configuration, then the module (when loaded, at run time), then params of the
device in the configuration, then the device at run time.  Of several values the last one in this order counts.  A write
to a module leaves devices with their own value alone.  Either all other devices get the new value, or none.

Every user with access to the socket may read; only root and the user of the running i2cdrv may write.""",
    "name": """\
Every command accepts the name in place of the device: i2cdrv read garden.  It is shown by list, watch, read and log, in
JSON, and as the file label in the tree.  A name is of one device only, and never that of a bus, module, chip or
address.

The daemon keeps it, also after a restart.  It replaces the name in the configuration until that is changed; --unset
restores the configured name.  Without NAME and --unset the present name is printed.""",
    "detect": """\
At each address the command first checks for an answer.  It then reads the identity registers of the chips that can be
there, but never where a known chip would take such a read for data.  A chip recognised by its identity is named; a
chip that only its address suggests is marked "perhaps", with the values read.  Buses of displays, graphics cards and
mainboards are skipped without --any-bus.""",
    "bind": """\
Without MODULE the driver of the loaded module for that chip is bound.  The device was created by i2cdrv new-device, or
unbound by i2cdrv unbind.""",
    "unbind": """\
The device remains; i2cdrv bind binds a driver again.""",
    "new-device": """\
As after a write to new_device in sysfs, the device exists whether a chip answers or not.  If a loaded module supports
the chip, its driver is bound at once.""",
    "delete-device": """\
A device is removed that was created at run time: by i2cdrv load in the daemon, by i2cdrv new-device, or by a write to
new_device in the tree.  Its driver is unbound first, and the values set for it are dropped; its module stays loaded.
A device of the configuration is removed from there: i2cdrv reload.""",
    "read": """\
If DEVICE is served by a running i2cdrv, its latest sample is printed without a transfer.  The same applies to the name
of a served MODULE or chip without --bus and --addr.  Any other MODULE is bound to its chip for this sample, and the
chip is then put to sleep again; MODULE is as for i2cdrv load.

Each value has its own line with name and unit.  With CHANNEL only the number is printed, with all digits, for scripts.
A label replaces the name of its channel.  --raw prints the values as the chip measured them.
Unverified values are not printed: a chip that does not answer, or a sample that is too old, is an error.""",
    "trace": """\
Each line has the time in seconds since the first one, the device, the bytes written and read in hexadecimal, the
result, and the duration.  A reader that is too slow sees the number of transfers it has missed; the bus never waits.

With --record the transfers are also written to a text file.  A replay with --bus replay:FILE needs the chip's probe,
too: record it with i2cdrv load --record.""",
    "log": """\
The log is that of the daemon or, if none runs, of every process of the run directory: the latest lines, including
lines below the level of standard error.  With DEVICE the lines of other devices are left out; DEVICE may be a name that
it had before.  LEVEL is emerg, alert, critical, error, warning, notice, info or debug.""",
    "watch": """\
On a terminal the readings are one live table, until Ctrl-C.  Elsewhere, and with --plain, each reading is a line.""",
    "doctor": """\
Each line is one finding.  A problem is shown with the command that fixes it; the exit status is then 1.""",
    "check": """\
The whole file is checked as by the daemon: sections and keys, every module, its parameters and their values, names,
the formulas of channels, and the chips of simulated buses.  The first mistake is reported with file, line and column,
and the exit status is 1.  No bus is opened.""",
    "daemon": """\
It stays in the foreground, as systemd expects (Type=notify, with watchdog), and the other commands call it.  The
configuration lists the chips that it drives:

  devices:
    - {module: bme280, bus: 1, addr: 0x76, interval: 10}
    - {module: mcp9808, bus: garden, name: greenhouse}
  modules: [lm75]
  buses: {garden: MCP2221}
  options: {bme280: {osrs_p: x16}}
  interval: 1
  log: {level: info, format: text}

A missing bus or chip is searched for, and bound when it appears.  Run-time changes of parameters, modules and devices
are kept in a file and survive a restart.  On SIGHUP the daemon reads the configuration again and applies only the
differences; an invalid configuration changes nothing.  On SIGTERM it puts the chips to sleep.""",
    "sim": """\
With --vhost-user the command waits for a virtual machine and is the back end of its virtio I2C adapter.  The guest,
whose kernel needs i2c-virtio, has a /dev/i2c-N on which its own drivers find the chips.  For QEMU 9 or later, with
shared guest memory:

  qemu-system-x86_64 ... -chardev socket,id=i2c,path=./i2c.sock \\
    -device vhost-user-i2c-pci,chardev=i2c \\
    -object memory-backend-memfd,id=m,size=512M,share=on \\
    -machine memory-backend=m

A chip has an address and the quantities at its inputs, as in sht4x@0x44:temp=-12.5,humidity=40.""",
    "fault": """\
A fault is of one chip (0-0076), or of a whole bus (i2c-0, or sim):

  nack            the address is not acknowledged
  nack-data       a byte that is written is not acknowledged
  stuck-sda       the data line is held low: all reads are 0x00
  stuck-scl       the clock is held low: every transfer times out
  brownout        the power dips: all settings are lost
  unplug          the chip is not there
  swap=CHIP       another chip is in its place
  bitflip=RATE    each bit flips with this probability (seed=N: other bits)
  stretch=MS      the clock is stretched by MS ms in each transfer
  arbitration     another master wins the bus
  busy            another master has the bus
  slow=FACTOR     the chip takes FACTOR times as long for all it does
  write-lost      writes are acknowledged and never reach the chip
  write-ignored   writes are acknowledged, and their data ignored
  pointer-lost    the register number before a read is lost
  meddle=BYTES    another program writes these bytes, in hexadecimal
  misread=REG     one bit of each read of this register is wrong
  read-stuck=BIT  a bit of each byte read is stuck: 7:0 is bit 7 at 0
  write-stuck=BIT a bit of each byte written is stuck
  shift=BITS      each answer comes BITS bits late, or early (-8)
  torn            the first bytes of an answer are those of the one before
  repeat          each read returns the answer to the read before
  stale           each register reads as it did when the fault began
  both=CHIP       a second chip is at the same address
  twin=SHARE      a multiplexer sends this share to a second chip

It takes effect with the next transfer and lasts until it is cleared, or for=SECONDS, or for count=N transfers.
after=N skips the first N transfers; at=K leaves the first K bytes of a transfer intact.

Without FAULT the active faults are listed; clear ends them.""",
    "completion": """\
The package installs the scripts.  Without it, write them to the directory of your shell:

  i2cdrv completion bash > ~/.local/share/bash-completion/completions/i2cdrv
  i2cdrv completion zsh > ~/.zfunc/_i2cdrv  # fpath+=~/.zfunc before compinit
  i2cdrv completion fish > ~/.config/fish/completions/i2cdrv.fish

The script runs i2cdrv at each TAB, so a later version needs no other script.  It offers modules, their parameters with
their values, channels, buses, faults, and the served devices.  It opens no bus, and runs no driver file of others: a
file such as ./mychip.py is only parsed.""",
}
