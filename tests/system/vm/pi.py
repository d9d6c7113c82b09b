"""An emulated Raspberry Pi 3: QEMU's raspi3b, chips of QEMU on the BCM2835's I2C bus 1, our package in a Debian."""

from __future__ import annotations

from pathlib import Path

from . import system
from .boot import Machine, boot
from .image import initrd
from .pi_image import kernel
from .progress import Command
from .qmp import Qmp

CHIPS = ("tmp105,id=thermometer,bus=i2c-bus.1,address=0x48",)
SETTINGS = {"I2CDRV_VM": "pi", "SERIAL": "/dev/ttyAMA0"}
LIMIT = 400.0  # seconds for a boot with its tests


def machine(run_dir: Path) -> Machine:
    """A Pi that runs `guest/test_pi*.py` and may request another temperature in m°C from the host."""
    built, qmp, console = kernel(), run_dir / "qmp", run_dir / "console.log"
    layers = (system.debian("arm64", "trixie"), built / "modules.cpio")
    root = initrd(run_dir, *layers, system.layer(run_dir, system.package(run_dir), SETTINGS))
    # one thread for the four CPUs: several emulated CPUs on few real ones make it five times slower
    command: Command = ["qemu-system-aarch64", "-M", "raspi3b", "-accel", "tcg,thread=single", "-nodefaults"]
    # its clock counts instructions, one a nanosecond, so that processor time does not depend on the host's other load
    command += ["-icount", "shift=0", "-display", "none", "-no-reboot"]
    command += ["-kernel", built / "Image", "-dtb", built / "dtb", "-initrd", root]
    command += ["-append", "console=ttyS1,115200 8250.nr_uarts=2 quiet panic=-1 rdinit=/init"]
    command += ["-chardev", f"file,id=console,path={console},append=on"]
    command += ["-serial", "stdio", "-serial", "chardev:console"]  # the PL011; the mini UART
    command += ["-qmp", f"unix:{qmp},server=on,wait=off"]
    for chip in CHIPS:
        command += ["-device", chip]
    control = Qmp(qmp)
    answers = {"temperature": lambda argument: control.set("thermometer", "temperature", int(argument))}
    return Machine("pi", command, console, LIMIT, answers)


def test(run_dir: Path) -> int | None:
    return boot(machine(run_dir))
