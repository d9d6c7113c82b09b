"""Simulated chips of a user's own file: ``./mychip_sim.py:MyChip``, or ``./mychip_sim.py`` if it has one class."""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from types import ModuleType

from ..errors import Error, Invalid, Unknown, mistake, nearest
from ..lib import trusted
from .chip import Chip

NO_FILE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
IMPORT_NAME = "_i2cdrv_sim"  # begins the import names of files with simulated chips


def is_file(name: str) -> bool:
    """Return whether a chip's name is that of a file."""
    return "/" in name or ".py:" in name or name.endswith(".py")


def load_class(name: str) -> type[Chip]:
    """Return the class of ``FILE.py:CLASS``, or the only one of ``FILE.py``.

    Errors: Unknown, Invalid; Error (ENOEXEC) for a file that cannot be loaded, EPERM if others could have written it.
    """
    file, colon, cls = name.partition(".py:")
    path = Path(f"{file}.py" if colon else name)
    return _chosen(path, cls, _classes(_imported(path)))


def _chosen(path: Path, name: str, classes: dict[str, type[Chip]]) -> type[Chip]:
    if name:
        if name not in classes:
            raise Unknown(f"{path} has no simulated chip {name!r}{nearest(name, classes)}; it has: {_listed(classes)}")
        return classes[name]
    if len(classes) != 1:
        raise Invalid(f"{path} has {len(classes)} simulated chips: {_listed(classes)}; write {path}:CLASS")
    return next(iter(classes.values()))


def _listed(classes: dict[str, type[Chip]]) -> str:
    return ", ".join(classes) or "none; a simulated chip is a class derived from i2cdrv.sim.Chip"


def _classes(module: ModuleType) -> dict[str, type[Chip]]:
    """Return the chips that the file itself defines."""
    return {
        name: value for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Chip) and value.__module__ == module.__name__
    }  # fmt: skip


def _imported(path: Path) -> ModuleType:
    """Execute the file, once per process.  Errors: as ``load_class``."""
    try:
        trusted.check_code(path)
    except OSError as fault:
        if fault.errno in NO_FILE:
            raise Unknown(f"there is no file {path} with a simulated chip") from None
        raise Error(f"the code in {path} is not run: {fault.strerror}", fault.errno) from None
    path = path.resolve()
    name = IMPORT_NAME + str(path.with_suffix("")).replace(".", "_").replace("/", ".")
    return sys.modules.get(name) or _executed(name, path)


def _executed(name: str, path: Path) -> ModuleType:
    module = sys.modules[name] = ModuleType(name)
    module.__file__ = str(path)
    try:  # from the source: others could have put a compiled file beside it, in /tmp
        exec(compile(path.read_bytes(), path, "exec"), vars(module))
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, KeyboardInterrupt):
            raise
        raise Error(f"{path} cannot be loaded: {mistake(error, path)}", errno.ENOEXEC) from error
    return module
