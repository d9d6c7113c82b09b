"""An emulated Raspberry Pi 3: QEMU's raspi3b, chips of QEMU on the BCM2835's I2C bus 1.

Its root is an initramfs in three layers: Debian's packages, Python's packages (both cached), and this checkout.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from .boot import Machine, boot
from .pi_image import CHECKOUT, SITE, pack, pip_install, precompile, python_packages, system
from .progress import Command, run
from .qmp import Qmp

HERE = Path(__file__).parent
CHIPS = ("tmp105,id=thermometer,bus=i2c-bus.1,address=0x48",)
LIMIT = 300.0  # seconds for a boot with its tests


def checkout_layer(run_dir: Path) -> Path:
    """The last layer: /init, the wheel of this checkout installed, and the guest's tests."""
    root, log, wheels = run_dir / "root", run_dir / "wheel.log", run_dir / "wheels"
    # from a copy: setuptools leaves its build folders beside the sources
    shutil.copytree(CHECKOUT, run_dir / "source", ignore=shutil.ignore_patterns(".*", "__pycache__", "build", "tests"))
    wheel: Command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", wheels, run_dir / "source"]
    run("building the wheel of this checkout", wheel, log)
    pip_install(root / SITE, log, "--no-deps", *wheels.glob("*.whl"))
    shutil.copytree(HERE, root / "checkout/tests/vm", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HERE / "guest/pi-init.sh", root / "init")
    (root / "init").chmod(0o755)
    precompile(root)
    return pack(root, run_dir / "root.cpio")


def machine(run_dir: Path) -> Machine:
    """A Pi that runs `guest/test_pi.py` and may ask the host for another temperature in m°C."""
    base, initrd, qmp, console = system(), run_dir / "initrd", run_dir / "qmp", run_dir / "console.log"
    with initrd.open("wb") as whole:
        for layer in (base / "root.cpio", python_packages() / "root.cpio", checkout_layer(run_dir)):
            whole.write(layer.read_bytes())
    # one thread for the four CPUs: several emulated CPUs on few real ones make it five times slower
    command: Command = ["qemu-system-aarch64", "-M", "raspi3b", "-accel", "tcg,thread=single", "-nodefaults"]
    command += ["-display", "none", "-no-reboot", "-kernel", base / "Image", "-dtb", base / "dtb", "-initrd", initrd]
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
