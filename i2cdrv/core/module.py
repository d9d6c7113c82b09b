"""Driver modules: files found by name, imported, and checked to hold exactly one Driver."""

from __future__ import annotations

import errno
import sys
import threading
from contextlib import suppress
from functools import partial
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from ..bridge.names import PREFIX, is_foreign
from ..driver.driver import Driver
from ..errors import DriverFault, Error, Invalid, Stalled, Unknown, mistake, nearest
from ..kthread.bounded import bounded
from ..lib import trusted
from ..lib.version import __version__
from .requirements import chips_of, missing_in, unfit_aliases

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from importlib.abc import Loader
    from types import CodeType, ModuleType

    from ..i2c.client import Client

HOME = "i2cdrv.drivers"
FROM_FILE = "_i2cdrv."  # prefix of the import names of drivers from files
IMPORT_TIMEOUT_S = 10.0  # including the modules that a driver imports, cold from an SD card
CONSTRUCTOR_TIMEOUT_S = 0.5  # it has nothing to wait for, and the bus waits when a driver is bound again
CONSTRUCTOR_METHODS = ("__init__", "__new__", "__setattr__")  # i2cdrv's own code if a driver inherits them
_locks: dict[str, threading.Lock] = {}  # by import name
_owners: dict[str, Collection[int]] = {}  # by import name: other users that may own the file


class Module(NamedTuple):
    """A loaded driver module.  ``chip``: the requested name, the module's own or one of its id_table."""

    name: str
    chip: str
    path: Path
    driver: type[Driver]

    @property
    def description(self) -> str:
        """The first line of the file's docstring; of a library, its name."""
        if self.driver.foreign and not self.driver.__module__.startswith(FROM_FILE):
            return f"the Python library {sys.modules[self.driver.__module__].__name__}, unmodified"
        said = getattr(sys.modules.get(self.driver.__module__), "__doc__", None)
        return said.strip().partition("\n")[0] if isinstance(said, str) else ""

    @property
    def version(self) -> str:
        """The file's ``__version__``, or i2cdrv's own version for a driver of the package."""
        own = getattr(sys.modules.get(self.driver.__module__), "__version__", "")
        return (str(own) if isinstance(own, str | int | float) else "") or (
            __version__ if self.driver.__module__.startswith(HOME) else ""
        )

    @property
    def chips(self) -> tuple[str, ...]:
        """The chips it drives."""
        return chips_of(self.driver) or (self.name,)

    @property
    def aliases(self) -> dict[str, str]:
        """The further names of its chips, each with the chip."""
        return {name: chip for chip, names in self.driver.aliases.items() for name in names}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its chips, with the aliases."""
        return (*self.chips, *self.aliases)

    def chip_of(self, name: str) -> str | None:
        """Return the chip of a name or an alias; None if the driver does not support it."""
        return name if name in self.chips else self.aliases.get(name)

    def check_interval(self, seconds: float | None) -> None:
        """Raise Invalid for an interval that is too short for the chip, by its datasheet; None is the default."""
        fastest = self.driver.fastest
        if seconds is not None and seconds < fastest:
            raise Invalid(f"interval of {seconds:g} s: a {self.chip} measures every {fastest:g} s at most; "
                          f"set {fastest:g} s or more")  # fmt: skip

    def instance(self, client: Client, values: Mapping[str, Any]) -> Driver:
        """Return a new driver for a chip.  Raises Stalled if its own constructor does not end."""
        driver = self.driver
        make = partial(_construct, self, client, values)
        if type(driver) is type and all(getattr(driver, name) is getattr(Driver, name) for name in CONSTRUCTOR_METHODS):
            return make()
        return bounded(make, f"{driver.__name__}.__init__ of {self.path}", self.path, CONSTRUCTOR_TIMEOUT_S)


def _construct(module: Module, client: Client, values: Mapping[str, Any]) -> Driver:
    try:
        return module.driver(client, values)
    except Exception:
        raise
    except BaseException as error:
        raise DriverFault(f"driver {module.name} failed: {mistake(error, module.path)}") from None


def search_path() -> list[Path]:
    """Return the directories of the package's drivers."""
    spec = find_spec(HOME)
    return [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []


def available() -> list[str]:
    """Return the names of the modules that ``load`` finds."""
    return sorted(
        {file.stem for place in search_path() for file in place.glob("*.py") if not file.stem.startswith("_")}
    )


def load_all() -> list[Module]:
    """Load all available modules."""
    return [load(name) for name in available()]


def located(name: str, directory: Path) -> str:
    """Make a file's name absolute, as seen from a directory; other names stay."""
    return str((directory / name).resolve()) if is_file_name(name) else name


def is_file_name(name: str) -> bool:
    """Return whether the name is a file's: ``./mychip.py``, ``./mychip.py:chip``."""
    return "/" in name or ".py:" in name or name.endswith(".py")


def load(name: str, blacklist: Mapping[str, object] = MappingProxyType({}), *, named: bool = True) -> Module:
    """Return the module of a module name, a chip name or alias, a file, or a library.

    A file is ``./mychip.py`` or ``./mychip.py:chip``, a library ``adafruit:bme280``.

    A module on the ``blacklist`` is found by its own name only, not by its chips' names; the blacklist has the place of
    each name.  ``named``: a user gives the
    name now, so the file may be of any user; otherwise it must be of root or the caller.
    Errors: Unknown (ENOENT) naming the nearest; Error (ENOEXEC) for a file that is no driver; EPERM for a file that
    others could have written.
    """
    if is_file_name(name):
        file, colon, chip = name.partition(".py:")
        return _from_file(Path(f"{file}.py" if colon else name), chip, named=named)
    if is_foreign(name):
        from ..bridge.declare import by_name  # most processes use no library

        return of_library(name, by_name(name))
    known = name.replace("-", "_")
    if known in available():
        return _module(known, known)
    return _by_alias(name, blacklist)


def reload(module: Module) -> Module:
    """Return the module as its file, or its library, is now; if that is bad, the old module stays loaded.

    Errors: Invalid for a class of a program; otherwise those of ``load``.
    """
    full_name, path = module.driver.__module__, module.path
    if full_name.startswith(PREFIX):
        return _library_again(module)
    if not full_name.startswith((f"{HOME}.", FROM_FILE)):
        raise Invalid(f"driver {module.name} was not loaded from its own file: restart the program")
    if not path.is_file():
        raise Unknown(f"there is no driver file {path} any more")
    if full_name.startswith(FROM_FILE):
        _check_trusted(path, partial(trusted.check_code, path, _owners[full_name]))
    old = sys.modules.pop(full_name)
    try:
        return _check(module.name, module.chip, path, _import(full_name, path, _Compiling(full_name, str(path))))
    except BaseException:
        sys.modules[full_name] = old
        raise


def _library_again(module: Module) -> Module:
    from ..bridge.declare import again  # most processes use no library

    driver: Any = module.driver
    return of_library(module.name, again(driver))


def forget(module: Module) -> None:
    """Let the next ``load`` read the file again."""
    sys.modules.pop(module.driver.__module__, None)


def of_class(driver: object) -> Module:
    """Return the module of a Driver class of a program.  Raises Invalid for another value."""
    if not isinstance(driver, type) or not issubclass(driver, Driver):
        raise Invalid(f"{driver!r} is not a Driver class")
    if (why := missing_in(driver)) is not None:
        raise Invalid(why)
    path = Path(getattr(sys.modules[driver.__module__], "__file__", None) or "<interactive>")
    name = driver.__module__.rpartition(".")[2]
    return Module(name, next(iter(chips_of(driver)), name), path, driver)


def of_library(name: str, driver: type[Driver]) -> Module:
    """Return the module of a library's driver, by the name that users give it."""
    return Module(name, name, Path(getattr(sys.modules[driver.__module__], "__file__", None) or name), driver)


def of_chip(name: str) -> Module | None:
    """Return the module of a chip's name or alias; None if there is none.  It runs no file of a user."""
    with suppress(Unknown):
        return None if is_file_name(name) else load(name)
    return None


def _by_alias(chip: str, blacklist: Mapping[str, object]) -> Module:
    names = set[str]()
    for name in sorted(available(), key=lambda name: (name in blacklist, _lacks(chip, name))):
        module = _module(name, name)
        names |= {name, *module.names}
        if module.chip_of(chip) is not None:
            if name in blacklist:
                raise Unknown(f"{chip}: its module {name} is blacklisted at {blacklist[name]}; remove it there")
            return _module(name, chip)
    known = nearest(chip, sorted(names)) or f"; there are: {', '.join(available())}"
    raise Unknown(f"no driver module or chip is called {chip!r}{known}")


def _lacks(chip: str, name: str) -> bool:
    """Return whether the text of a module lacks the name of the chip.  It is imported only if no other one has it."""
    return chip.encode(errors="replace") not in _path(name).read_bytes()


def _module(name: str, chip: str) -> Module:
    path = _path(name)
    if f"{HOME}.{name}" not in sys.modules:
        _check_trusted(path, partial(trusted.check_shipped, path, __file__))
    return _check(name, chip, path, _import(f"{HOME}.{name}", path))


def _path(name: str) -> Path:
    return next(place / f"{name}.py" for place in search_path() if (place / f"{name}.py").is_file())


def _from_file(path: Path, chip: str, *, named: bool) -> Module:
    if not path.exists() or path.is_dir():
        raise Unknown(f"there is no driver file {path}")
    if path.suffix != ".py":
        raise Error(f"{path} is not a Python file", errno.ENOEXEC)
    owners = {path.stat().st_uid} if named else set()
    _check_trusted(path, partial(trusted.check_code, path, owners))
    path = path.resolve()
    full_name = FROM_FILE + str(path.with_suffix("")).replace(".", "_").replace("/", ".")[1:]  # one for each file
    _owners[full_name] = owners
    # in /tmp, other users could have put a compiled file beside it
    module = _import(full_name, path, _Compiling(full_name, str(path)))
    return _check(path.stem, chip or path.stem, path, module)


def _check_trusted(path: Path, check: Callable[[], None]) -> None:
    """Raise Error (EPERM) for a file that others could have written."""
    try:
        check()
    except OSError as fault:
        raise Error(f"the code in {path} is not run: {fault.strerror}", fault.errno) from None


class _Compiling(SourceFileLoader):
    """Compiles the file each time: a cached compilation passes for the file's if both are of one second and size."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


def _import(full_name: str, path: Path, loader: SourceFileLoader | None = None) -> ModuleType:
    with _locks.setdefault(full_name, threading.Lock()):  # no other thread sees a half-executed module
        return sys.modules.get(full_name) or _new(full_name, path, loader)


def _new(full_name: str, path: Path, loader: SourceFileLoader | None) -> ModuleType:
    spec = spec_from_file_location(full_name, path, loader=loader)
    if spec is None or spec.loader is None:
        raise Error(f"{path} is not a Python file", errno.ENOEXEC)
    module = sys.modules[full_name] = module_from_spec(spec)
    try:
        why = bounded(partial(_execute, spec.loader, module, path), f"the import of {path}", path, IMPORT_TIMEOUT_S)
    except Stalled as error:
        why = f"{error.message}; drivers wait in probe() and sample() only"
        raise Stalled(f"{path} cannot be loaded: {why}") from None
    finally:
        sys.modules.pop(full_name, None)
    if why:
        raise Error(f"{path} cannot be loaded: {why}", errno.ENOEXEC)
    sys.modules[full_name] = module
    return module


def _execute(loader: Loader, module: ModuleType, path: Path) -> str:
    """Execute a driver's file; return its error as a text, or an empty text."""
    try:
        loader.exec_module(module)
    except BaseException as error:  # noqa: BLE001, RUF100  # SystemExit and KeyboardInterrupt are the file's, too
        return mistake(error, path)
    return ""


def _check(name: str, chip: str, path: Path, module: ModuleType) -> Module:
    try:
        return _examine(name, chip, path, module)
    except Error:
        raise
    except Exception as error:  # a declaration has another type
        raise Error(f"{path} cannot be loaded: {mistake(error, path)}", errno.ENOEXEC) from error


def _examine(name: str, chip: str, path: Path, module: ModuleType) -> Module:
    drivers = [value for value in vars(module).values() if _is_own_driver(value, module)]
    if len(drivers) != 1:
        raise Error(f"{path} holds {len(drivers)} Driver classes; a module has exactly one", errno.ENOEXEC)
    if (why := missing_in(drivers[0])) is not None:
        raise Error(f"{path} cannot be loaded: {why}", errno.ENOEXEC)
    found = Module(name, chip, path, drivers[0])
    if (why := unfit_aliases(drivers[0], found.chips)) is not None:
        raise Error(f"{path} cannot be loaded: {why}", errno.ENOEXEC)
    chips, named = chips_of(drivers[0]), found.chip_of(chip)
    if len(chips) > 1 and named is None:
        raise Invalid(f"{path} drives {', '.join(chips)}: name one of them, as in ./{path.name}:{chips[0]}")
    return found._replace(chip=chips[0] if len(chips) == 1 else named or chip)


def _is_own_driver(value: Any, module: ModuleType) -> bool:
    return isinstance(value, type) and issubclass(value, Driver) and value.__module__ == module.__name__
