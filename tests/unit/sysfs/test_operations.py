"""More than 350 operations on files of the tree, by root and by another user, against the record of a real sysfs."""

from __future__ import annotations

import os
import platform
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.model import DriverCore
from i2cdrv.core.module import load
from i2cdrv.lib.clock import RealClock
from i2cdrv.sim import SimAdapter
from i2cdrv.sysfs import fuse
from i2cdrv.sysfs import tree as nodes
from i2cdrv.sysfs.kernfs import Tree
from tests.support import needs
from tests.system.tree.kernel import RECORDED, SYSFS, USERS, asked, recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = {
    "rw": "module/one_bool/parameters/quiet",
    "ro": "module/one_bool/parameters/fixed",
    "device": "devices/i2c-0/name",
    "wo": "bus/i2c/drivers_probe",
    "link": "devices/i2c-0/subsystem",
    "dir": "devices/i2c-0",
    "leaf": "module/one_bool/parameters",
}
DRIVER = '''
"""Two parameters."""
from typing import NamedTuple
from i2cdrv import Celsius, Driver, param
class Sample(NamedTuple):
    temp: Celsius
class OneBool(Driver):
    quiet: bool = param("to be written", default=False, perm=0o644)
    fixed: int = param("to be read", default=0, perm=0o444)
    async def sample(self) -> Sample:
        return Sample(0.0)
'''


@contextmanager
def mounted(home: Path) -> Iterator[Path]:
    """A tree as a daemon shows it."""
    driver = home / "one_bool.py"
    driver.write_text(DRIVER)
    tree, core, bus = Tree(), DriverCore(), Bus(SimAdapter({}, nr=0, clock=RealClock()))
    nodes.build(tree, core)
    core.add_bus(bus)
    core.add_driver(LoadedModule(load(str(driver))))
    target = Path("/run") / f"i2cdrv-operations-{os.getpid()}"  # another user may go there
    target.mkdir()
    server = fuse.Server(tree, fuse.mount(target))
    server.start()
    try:
        yield target
    finally:
        fuse.unmount(target)
        server.join()
        target.rmdir()
        core.remove_bus(0)
        bus.close()


# Outcomes that differ from the kernel's, as in the table of the documentation.
FAR = 1 << 40
DIFFERENT = {
    "write a read-only parameter after chmod": "EPERM",
    "position after append": "(2, 4098)",
    f"lseek SET {FAR}": str(FAR),
    f"lseek CUR {FAR}": str(FAR),
    f"lseek END {FAR}": str(FAR + 4096),
    f"lseek SET {2**63 - 1}": str(2**63 - 1),
    f"lseek CUR {2**63 - 1}": str(2**63 - 1),
    "mmap private": "mapped",
    "fcntl F_SETFL O_DIRECT": "0",
    "type of the file system": "0x65735546",
    "name to handle at": "0x81",
    "getxattr user.x": "ENOTSUP",
    "getxattr user.x of a directory": "ENOTSUP",
    "getxattr security.x": "ENOTSUP",
    "getxattr system.posix_acl_access": "ENODATA",
    "listxattr": "ENOTSUP",
    "listxattr of a directory": "ENOTSUP",
    "listxattr of a link": "ENOTSUP",
}
DIFFERENT_FOR = {
    "root": dict.fromkeys(
        (
            "getxattr trusted.x",
            "setxattr trusted.x",
            "removexattr trusted.x",
            "setxattr security.x",
            "removexattr security.x",
        ),
        "ENOTSUP",
    ),
    "nobody": {
        "write a read-only parameter after chmod": "EPERM",  # as the kernel's: chmod is refused
        "position after append": "EACCES",
        "removexattr system.posix_acl_access": "EPERM",
    },
}


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
@pytest.mark.parametrize("user", USERS)
def test_operations_end_as_in_sysfs(user: str, tmp_path: Path) -> None:
    needs.fuse()
    expected = {**recorded(user), **DIFFERENT, **DIFFERENT_FOR[user]}
    with mounted(tmp_path) as target:
        found = asked({kind: f"{target}/{path}" for kind, path in OURS.items()}, USERS[user])
    assert found == expected


def test_each_difference_is_one() -> None:
    for user in USERS:
        for name, ours in {**DIFFERENT, **DIFFERENT_FOR[user]}.items():
            assert name in recorded(user)
            assert user != "root" or recorded(user)[name] != ours


def _why_no_sysfs() -> str:
    wanted, here = RECORDED.read_text().split()[4].split(".")[:2], platform.release().split(".")[:2]
    if wanted != here:
        return f"Linux {'.'.join(here)}: the record is of {'.'.join(wanted)}"
    missing = [path for path in SYSFS.values() if not Path(path).exists()]
    if missing or os.geteuid() or os.statvfs("/sys").f_flag & os.ST_RDONLY:
        return f"no sysfs that can be written, or without {missing}"
    return ""


@pytest.mark.skipif(bool(_why_no_sysfs()), reason=_why_no_sysfs())
@pytest.mark.parametrize("user", USERS)
def test_the_record_is_that_of_the_kernel(user: str) -> None:
    assert asked(SYSFS, USERS[user]) == recorded(user)
