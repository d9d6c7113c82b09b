"""The import of a library: its import statements find ``surroundings``, and its files are checked as drivers' are.

Each module of a library gets builtins of its own, with another ``__import__``, which its functions use later too.

Each device has modules of its own, because a library keeps settings and buffers there (``adafruit_register``), and the
threads of two devices would disturb each other.  The modules of Python itself, and packages that are not all Python,
are imported as always.
"""

from __future__ import annotations

import builtins
import sys
import threading
from contextlib import contextmanager
from functools import partial
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Error, Unknown, mistake
from ..kthread.bounded import bounded
from ..lib import trusted
from . import surroundings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType

IMPORT_TIMEOUT_S = 20.0  # with the modules that a library imports, cold from an SD card

_NOT_FOREIGN = {*sys.stdlib_module_names, "i2cdrv"}
_lock = threading.RLock()  # of the libraries' modules in sys.modules


class Modules:
    """The modules of libraries that one device has."""

    def __init__(self) -> None:
        self._own: dict[str, ModuleType] = {}
        self._finder: _Finder | None = None  # during an import

    def load(self, name: str, install: str) -> ModuleType:
        """Return a module of a library.  ``install``: the command that installs it.

        Errors: Unknown (ENOENT) if it is not installed; Error (EPERM) for a file that others could have written; Error
        (EIO) if it raises.
        """
        try:
            found: ModuleType = self.imported(name, fromlist=("__name__",))  # the last module of a dotted name
        except ModuleNotFoundError as error:
            missing = error.name or name
            why = "" if missing == name else f": it needs {missing}"
            raise Unknown(f"{name} cannot be imported{why}; install it beside i2cdrv: {install}") from None
        except Error:
            raise
        except BaseException as error:
            raise Error(f"{name} cannot be imported: {mistake(error, Path(name))}") from None
        return found

    def load_in_time(self, name: str, install: str) -> ModuleType:
        """Do ``load`` on a thread of its own.  Raises Stalled if the import does not end."""
        return bounded(partial(self.load, name, install), f"the import of {name}", Path(name), IMPORT_TIMEOUT_S)

    def imported(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        """Do an import statement of a library."""
        first = name.partition(".")[0]
        if level == 0 and first in surroundings.MODULES:
            return surroundings.MODULES[name if fromlist else first]
        if level == 0 and first in _NOT_FOREIGN:
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        home = first if level == 0 else str((globals or {}).get("__package__", "")).partition(".")[0]
        with self._present(home):
            try:
                return builtins.__import__(name, globals, locals, fromlist or (), level)
            except ModuleNotFoundError:
                if level == 0 and name in surroundings.MISSING:
                    return surroundings.MISSING[name if fromlist else first]
                raise

    @contextmanager
    def _present(self, package: str) -> Iterator[None]:
        """Put the modules into ``sys.modules``, and a finder before the others; take them away afterwards.

        The program's own modules of the package, which use another bus, are away meanwhile.
        """
        with _lock:
            if self._finder is not None:  # a module that is imported imports another one
                self._finder.hide(package, self._own)
                yield
                return
            self._finder = finder = _Finder(self)
            finder.hidden.update({name: sys.modules[name] for name in self._own if name in sys.modules})
            sys.modules.update(self._own)
            finder.hide(package, self._own)
            sys.meta_path.insert(0, finder)
            try:
                yield
            finally:
                self._finder = None
                sys.meta_path.remove(finder)
                self._take_away(finder)
                sys.modules.update(finder.hidden)

    def _take_away(self, finder: _Finder) -> None:
        for name in finder.found:
            if name in sys.modules and name.partition(".")[0] not in finder.binary:
                self._own[name] = sys.modules[name]
        for name in self._own:
            sys.modules.pop(name, None)


class _Loader(SourceFileLoader):
    """Runs a module with builtins of its own.

    It compiles the file each time: in a directory such as /tmp, other users could have put a compiled file beside it.
    """

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code

    def __init__(self, name: str, path: str, modules: Modules) -> None:
        super().__init__(name, path)
        self._modules = modules

    def exec_module(self, module: ModuleType) -> None:
        own = {"__import__": self._modules.imported, "print": surroundings.library_print}
        vars(module)["__builtins__"] = {**vars(builtins), **own}
        super().exec_module(module)


class _Finder:
    """Finds the modules of libraries for one thread, and checks their files.

    ``found``: their names; ``binary``: the packages with modules that are not Python.  ``hidden``: the modules of the
    program that have the same packages.
    """

    def __init__(self, modules: Modules) -> None:
        self.found: list[str] = []
        self.binary: set[str] = set()
        self.hidden: dict[str, ModuleType] = {}
        self._modules, self._ident = modules, threading.get_ident()

    def hide(self, package: str, ours: Collection[str]) -> None:
        """Take the program's modules of a package out of ``sys.modules``, unless they are not all Python."""
        found = {name: module for name, module in list(sys.modules.items()) if name.partition(".")[0] == package}
        if all(map(_is_python, found.values())):
            theirs = {name: module for name, module in found.items() if name not in ours and name not in self.found}
            self.hidden.update(theirs)
            for name in theirs:
                del sys.modules[name]

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        first = name.partition(".")[0]
        if threading.get_ident() != self._ident or first in _NOT_FOREIGN:
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is None:
            return None
        self.found.append(name)
        if spec.origin is not None and spec.has_location:
            _check_trusted(spec.origin)
            if type(spec.loader) is SourceFileLoader:
                spec.loader = _Loader(spec.loader.name, spec.loader.path, self._modules)
            else:
                self.binary.add(first)
        return spec


def _is_python(module: ModuleType) -> bool:
    """Return whether a module has a source file, or is a directory of such modules."""
    spec = getattr(module, "__spec__", None)
    return spec is not None and (isinstance(spec.loader, SourceFileLoader) or not spec.has_location)


def _check_trusted(file: str) -> None:
    """Raise Error (EPERM) for a file that others than root, the caller and the owner of i2cdrv could have written."""
    try:
        trusted.check_code(file, {Path(__file__).stat().st_uid})
    except OSError as fault:
        raise Error(f"the code in {file} is not run: {fault.strerror}", fault.errno) from None
