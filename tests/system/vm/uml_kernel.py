"""The kernel of the User Mode Linux machines, built from Debian's source."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from . import cache
from .debian import Apt, unpack
from .progress import Command, Failed, run

SOURCE = "linux-source-7.2"  # from trixie-backports
CONFIG = Path(__file__).with_name("uml.config")
# Two thirds of the source tree, unpacked and removed again for nothing; Kconfig's files must be there all the same.
DRIVERS = ("gpu", "infiniband", "media", "net/ethernet", "net/wireless", "scsi", "staging", "usb")
CODE = ("arch/[!ux]", *(f"drivers/{name}/" for name in DRIVERS))
NOT_NEEDED = ("Documentation/*/*", "tools/perf", "tools/testing", "sound/*.[ch]", *(f"{path}*.[chS]" for path in CODE))


def kernel() -> Path:
    """The directory with the program `linux` and its modules below `lib/modules`."""
    return cache.entry("uml", build_kernel, SOURCE, CONFIG.read_text())


def build_kernel(scratch: Path, result: Path, source: str, config: str) -> None:
    tree, out, log = scratch / source, scratch / "out", scratch / "build.log"
    unpack(Apt(scratch / "apt", "amd64", "trixie-backports").download(source), scratch)
    leave_out = ["--anchored", *(f"--exclude={source}/{path}" for path in NOT_NEEDED)]
    archive = scratch / "usr/src" / f"{source}.tar.xz"
    run(f"unpacking {source}", ["tar", "-C", scratch, "-I", "xz -T0", *leave_out, "-xf", archive], log)
    out.mkdir()
    make: Command = ["make", "-C", tree, "ARCH=um", f"O={out}", f"-j{os.cpu_count()}"]
    (out / "fragment").write_text(config)
    run("configuring the kernel", [*make, "x86_64_defconfig"], log)
    merge: Command = [tree / "scripts/kconfig/merge_config.sh", "-m", "-O", out, out / ".config", out / "fragment"]
    run("configuring the kernel: our part", merge, log)
    run("configuring the kernel: what follows from it", [*make, "olddefconfig"], log)
    assert_config(config, (out / ".config").read_text())
    run("compiling the kernel (five minutes on two cores)", make, log)
    run("installing its modules", [*make, f"INSTALL_MOD_PATH={result}", "modules_install"], log)
    shutil.copy(out / "linux", result)
    for link in result.glob("lib/modules/*/build"):
        link.unlink()


def assert_config(wanted: str, got: str) -> None:
    """Kconfig drops impossible options without a word; a kernel without a driver must not reach the cache."""
    settings = {line for line in got.splitlines() if line.startswith("CONFIG_")}
    names = {line.partition("=")[0] for line in settings}
    lost = [line for line in wanted.splitlines() if line.startswith("CONFIG_") and line not in settings]
    off = [line.split()[1] for line in wanted.splitlines() if line.endswith("is not set")]
    if wrong := lost + [name for name in off if name in names]:
        raise Failed(f"the kernel's configuration did not take: {', '.join(wrong)}")
