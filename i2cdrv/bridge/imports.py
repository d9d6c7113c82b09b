"""The import of a library: its import statements find ``surroundings``, and its files are checked as drivers' are.

Each module of a library gets builtins of its own, with another ``__import__``, which its functions use later too.  The
modules of Python itself are imported as always.
"""

from __future__ import annotations

import builtins
import sys
import threading
from functools import partial
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Error, Unknown, mistake
from ..kthread.bounded import bounded
from ..lib import trusted
from . import surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType

IMPORT_TIMEOUT_S = 20.0  # with the modules that a library imports, cold from an SD card

_NOT_FOREIGN = {*sys.stdlib_module_names, "i2cdrv"}
_lock = threading.RLock()  # of the finder's place in sys.meta_path


class _Loader(SourceFileLoader):
    """Runs a module with builtins of its own.

    It compiles the file each time: in a directory such as /tmp, other users could have put a compiled file beside it.
    """

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__builtins__"] = {**vars(builtins), "__import__": _imported}
        super().exec_module(module)


class _Finder:
    """Finds the modules of libraries for one thread, and checks their files."""

    def __init__(self) -> None:
        self._ident = threading.get_ident()

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        if threading.get_ident() != self._ident or name.partition(".")[0] in _NOT_FOREIGN:
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is None or spec.origin is None or not spec.has_location:
            return spec
        _check_trusted(spec.origin)
        if type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def _check_trusted(file: str) -> None:
    """Raise Error (EPERM) for a file that others than root, the caller and the owner of i2cdrv could have written."""
    try:
        trusted.check_code(file, {Path(__file__).stat().st_uid})
    except OSError as fault:
        raise Error(f"the code in {file} is not run: {fault.strerror}", fault.errno) from None


def _imported(
    name: str,
    globals: Mapping[str, object] | None = None,
    locals: Mapping[str, object] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> Any:
    """Do an import statement of a library."""
    if level == 0 and name.partition(".")[0] in surroundings.MODULES:
        return surroundings.MODULES[name if fromlist else name.partition(".")[0]]
    finder = _Finder()
    with _lock:
        sys.meta_path.insert(0, finder)
        try:
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        except ModuleNotFoundError:
            if level == 0 and name in surroundings.MISSING:
                return surroundings.MISSING[name if fromlist else name.partition(".")[0]]
            raise
        finally:
            sys.meta_path.remove(finder)


def load(name: str, install: str) -> ModuleType:
    """Return a module of a library.  ``install``: the command that installs it.

    Errors: Unknown (ENOENT) if it is not installed; Error (EPERM) for a file that others could have written; Error
    (EIO) if it raises; Stalled if its import does not end.
    """
    place = Path(name)
    try:
        return bounded(partial(_import_now, name), f"the import of {name}", place, IMPORT_TIMEOUT_S)
    except ModuleNotFoundError as error:
        missing = error.name or name
        why = "" if missing == name else f": it needs {missing}"
        raise Unknown(f"{name} cannot be imported{why}; install it beside i2cdrv: {install}") from None
    except Error:
        raise
    except BaseException as error:
        raise Error(f"{name} cannot be imported: {mistake(error, place)}") from None


def _import_now(name: str) -> ModuleType:
    found: ModuleType = _imported(name, fromlist=("__name__",))  # so it is the last module of a dotted name
    return found
