"""Description of each command beyond its line in ``i2cdrv --help``: shown by its own ``--help`` and man page.

Paragraphs with an empty line between them; one whose lines begin with spaces is shown as it is.
"""

DESCRIPTIONS = {
    "load": """\
MODULE is a driver module (i2cdrv list --available names them), a chip that one of them drives, or the file of a
driver of your own.  Without --addr the chip is searched for at the addresses that its datasheet allows, and
recognised by its identity registers; a chip without any is accepted if it alone answers there.

PARAM=VALUE sets a parameter before the chip is touched.  A parameter that is not set has the value of options in
the configuration, or else the driver's default.  An unknown parameter, or a value that is not accepted, is an error,
and the nearest known word is named.

Where a daemon runs, it drives the chip from now on, also after a restart; this command prints the device and
returns.  Where none runs, this process drives the chip itself: it prints a line for each sample until
Ctrl-C, SIGTERM or --count, and then puts the chip to sleep.  Meanwhile it serves the device as a daemon would: the
tree below the run directory shows it, and i2cdrv read, i2cdrv param, i2cdrv reload and i2cdrv trace reach it from
another terminal.

--bus sim has simulated chips and needs no hardware; it is seen by other commands only if both are given a
--run-dir.""",
    "unload": """\
Its devices are put to sleep and released.  After a restart the daemon does not load the module, unless it is in the
configuration.""",
    "reload": """\
With a module: its driver's file is read again, after a fix, and its devices are bound to the new driver at the same
addresses, with the same parameters and intervals.  A failed device, whose driver was ejected, is bound at once.  If
the file cannot be imported, nothing changes.

Parameters that went back to their default, and devices that could not be bound again, are listed; then the exit
status is 1.

Without a module the daemon reads its configuration again, as with SIGHUP or systemctl reload, and applies what is
different; devices that are the same in both miss no sample.  If there is a mistake in it, nothing changes, the mistake
is reported with its place, and the exit status is 1.""",
    "list": """\
A module has its size, the number of its users, and the devices that its driver is bound to.  A device has its chip,
its state, and its last values, or the reason why it has none:

  live      the chip is ready
  suspect   it is there, but the latest sample is an error
  absent    nothing answers, or another chip does; it is searched for
  probing   it is being made ready
  failed    its driver was ejected; it is bound again after 10 s, then 1 min,
            10 min and each hour, or at once by i2cdrv reload
  unbound   it has no driver
  missing   the configuration wants it, and its bus is not there""",
    "info": """\
The layout is that of modinfo(8): the file, the chips as aliases, the description, the parameters, and then the
channels, which are the values of a sample, with their units.  A parameter has its type or the words that it takes,
its default, and the mode of its file.""",
    "param": """\
Without a name all parameters are printed that can be read; NAME prints the value of one.  NAME=VALUE waits for the
sample under way and returns when the chip has the new value.  If the chip does not take it, the error is
reported and the old value stays, on the chip too; of several devices all take it, or none.

Every user who can reach the socket may read; only root, and the user of the running i2cdrv, may write.""",
    "detect": """\
At each address the command first looks for an answer, and then reads the identity registers of the chips that can
be there, but never where a known chip would take that for data.  A chip that is recognised by its identity is named;
a chip that only its address suggests is marked "perhaps", with what was read.  Buses of displays, graphics cards
and mainboards are left alone, unless --any-bus is given.""",
    "bind": """\
Without MODULE the driver of the loaded module for that chip is bound.  The device is as i2cdrv new-device
made it, or as i2cdrv unbind left it.""",
    "unbind": """\
The device stays, and i2cdrv bind gives it a driver again.""",
    "new-device": """\
As a write to new_device in sysfs: the device exists whether a chip answers there or not.  If a loaded module is for
the chip, its driver is bound at once.""",
    "delete-device": """\
Only what i2cdrv new-device has made, or a write to new_device in the tree; the driver is unbound before.  Other
devices end with their module: i2cdrv unload.""",
    "read": """\
DEVICE is one that a running i2cdrv serves: its last sample is printed, without a transfer.  The same goes for a
MODULE or a chip's name that is served, as long as neither --bus nor --addr says which one is meant.  Any other MODULE
is bound to its chip for this one sample, and the chip is then put to sleep again; it is named as for i2cdrv load.

Each value is on a line of its own with its name and unit; with CHANNEL there is only the number, for scripts.  A
value that is not verified is not printed: a chip that does not answer, or a last sample that is too old, is an
error.""",
    "trace": """\
Each line has the time in seconds since the first one, the device, the bytes written and read in hexadecimal, the
result, and the duration.  A reader that is too slow sees how many transfers it has missed; the bus never waits.

With --record the transfers are also written to a file, which can be mailed and read.  To be played with --bus
replay:FILE it needs the chip's probe, too: record with i2cdrv load --record instead.""",
    "log": """\
It is the log of the daemon or, where none runs, of every process of the run directory: the latest lines, also those
that do not go to its standard error.  LEVEL is emerg, alert, critical, error, warning, notice, info or debug.""",
    "watch": """\
On a terminal it is one live table, until Ctrl-C; elsewhere, and with --plain, there is a line
for each reading.""",
    "doctor": """\
Each line is one finding.  A problem ends with the command that solves it; then the exit status is 1.""",
    "check": """\
The whole file is read as the daemon would read it: its sections and keys, every module, its parameters and their
values.  The first mistake is reported with file, line and column, and the exit status is 1.  No bus is touched.""",
    "daemon": """\
It stays in the foreground, as systemd wants it (Type=notify, with watchdog), and the other commands ask it.  The
configuration names the chips that it drives:

  devices:
    - {module: bme280, bus: 1, addr: 0x76, interval: 10}
    - {module: mcp9808, bus: garden}
  modules: [lm75]
  buses: {garden: MCP2221}
  options: {bme280: {osrs_p: x16}}
  interval: 1
  log: {level: info, format: text}

A bus or chip that is missing is searched for, and bound when it appears.  Changes while the daemon runs, of
parameters, modules and devices, are kept in a file and survive a restart.  SIGHUP reads the
configuration again and changes only what is different; if it has a mistake, nothing changes.  SIGTERM puts the
chips to sleep.""",
    "sim": """\
With --vhost-user it waits for a virtual machine and is the back end of its virtio I2C adapter: the guest, whose
kernel needs i2c-virtio, has a /dev/i2c-N on which its own drivers find the chips.  For QEMU 9 or later, with the
guest's memory shared:

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
after=N spares the first N transfers; at=K lets the first K bytes of a transfer pass.

Without FAULT the active faults are listed; clear ends them.""",
    "completion": """\
The package installs the scripts.  Without it, write them to where your shell looks:

  i2cdrv completion bash > ~/.local/share/bash-completion/completions/i2cdrv
  i2cdrv completion zsh > ~/.zfunc/_i2cdrv  # fpath+=~/.zfunc before compinit
  i2cdrv completion fish > ~/.config/fish/completions/i2cdrv.fish

The script asks i2cdrv itself at each TAB, so a later version needs no other script.  It offers modules, their
parameters with their words, channels, buses, faults, and the devices that are being served.  It touches no bus, and
runs no driver file of others: a file such as ./mychip.py is parsed.""",
}
