"""The driver of a chip whose values a library reads: a Driver as any other, but it verifies none of the values."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, TypeVar

from ..driver.channel import Range, absent
from ..driver.driver import Driver
from ..driver.moduleparam import param
from ..errors import ConfigLost, Error, Invalid, NoDevice, NotSupported, OutOfRange
from . import finding
from .foreignthread import Failed, ForeignThread
from .guide import guided
from .imports import Modules
from .instance import Instance, Plain, Unfit
from .library import Library, Value
from .names import PREFIX
from .units import unit_of

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

AXES = ("x", "y", "z")
IMPORT_S = 5.0  # that the import for a further device may take
RETRY_S = 0.1  # between two attempts to read the first value


class ForeignDriver(Driver):
    """Base of the drivers of libraries.

    ``library``: its description; ``values``: its values.  ``function``: of the user, that makes the object; None for a
    library.  ``spare``: the modules of the library, and its class, that were imported with the driver; for one device.
    """

    library: ClassVar[Library]
    function: ClassVar[Any] = None
    values: ClassVar[Sequence[Value]] = ()
    spare: ClassVar[list[tuple[Modules, Any]]] = []

    options: str = param("arguments of the class and attributes, as in gain=2,mode='fast'", default="", perm=0o444)
    begin: str = param("methods to call once, between commas", default="", perm=0o444, name="start")

    _thread: ForeignThread | None = None
    _object: Instance | None = None
    _modules: Modules | None = None
    _made: Any = None

    async def probe(self) -> None:
        """Make the library's object in a new thread, and wait for its first values."""
        if self._thread is not None and not await self._thread.wait_ended():
            raise Error(f"{self.client}: {self.library.name} has not returned from an earlier call")
        self._choose_modules()
        self._object, self._thread = None, ForeignThread(self.client, self.library.name, self._modules)
        self.on_remove(self._thread.end)
        self._object = await self._run(self._make, is_new=True)
        start = [*self.library.start, *filter(None, map(str.strip, self.begin.split(",")))]
        if start:
            await self._run(partial(self._object.start, start))
        await self.client.sleep(self.library.settle)
        await self._await_first()

    def _choose_modules(self) -> None:
        """Take the modules that were imported with the driver, unless another device has them."""
        if self._modules is None:
            try:
                self._modules, self._made = self.spare.pop()
            except IndexError:
                self._modules = Modules()

    def _make(self) -> Instance:
        """Return the library's object, in its thread; import the library, unless that was done."""
        assert self._modules is not None
        if self._made is None:
            self._made = self.function or finding.found(self.library, self._modules.load)[1]
        options = {**dict(self.library.options), **parse_options(self.options)}
        return Instance(self.library, self._made, self.client.addr, options)

    async def _await_first(self) -> None:
        """Wait until no value is None, as in a library that has not measured yet, or until ``first`` s are over."""
        clock = self.client.adapter.clock
        end = clock.monotonic() + self.library.first
        while clock.monotonic() < end and any(map(_is_missing, await self._read())):
            await self.client.sleep(RETRY_S)

    def inherit(self, old: Driver) -> None:
        """End the thread of an ejected instance as well."""
        super().inherit(old)
        if isinstance(old, ForeignDriver) and old._thread is not None:
            old._thread.end()

    async def sample(self) -> Any:
        """Return the library's values, in our units."""
        raw = await self._read()
        kind = self.sample_types[0]
        return kind(*(self._convert(*pair) for pair in zip(self.values, raw, strict=True)))

    async def _read(self) -> list[Plain]:
        if self._object is None:
            raise ConfigLost(f"{self.client}: {self.library.name} begins again after a failure")
        return await self._run(partial(self._object.read, self.values))

    async def _run(self, work: Callable[[], T], *, is_new: bool = False) -> T:
        """Let the library work; its exception becomes an error of the chip."""
        assert self._thread is not None
        try:
            return await self._thread.run(work, self.library.limit + (IMPORT_S if self._made is None else 0.0))
        except Failed as failed:
            if failed.transfer is not None:
                self._object = None  # the chip may have lost its settings, and no value shows that
            raise self._explained(failed, is_new=is_new) from failed.__cause__
        except BaseException:
            self._object = None
            raise

    def _explained(self, failed: Failed, *, is_new: bool) -> Error:
        """Return the error of the chip for an exception of the library; ``is_new``: it refuses the chip."""
        cause, transfer = failed.__cause__, failed.transfer
        if isinstance(cause, Error):
            return type(cause)(cause.message, cause.errno)
        why = f"{self.client}: {self.library.name} failed: {failed.text}"
        if isinstance(transfer, NotSupported):
            return NotSupported(transfer.message)
        if transfer is not None:
            return type(transfer)(f"{why}; {transfer.message}", transfer.errno)
        return NoDevice(why) if is_new else Error(why)

    def _convert(self, value: Value, plain: Plain) -> Any:
        if plain is None:
            return absent(OutOfRange(f"{self.client}: {self.library.name} has no value of {value.path}"))
        if isinstance(plain, Unfit):
            return absent(Error(f"{self.client}: {value.path} of {self.library.name} is {plain.why}"))
        convert = unit_of(value.unit).convert
        return tuple(map(convert, plain)) if isinstance(plain, tuple) else convert(plain)


def _is_missing(plain: Plain) -> bool:
    """Return whether a value, or an element of a vector, is None."""
    return plain is None or (isinstance(plain, Unfit) and plain.is_missing)


def parse_options(text: str) -> dict[str, object]:
    """Return the options of a text: ``gain=2,mode='fast'``; words are texts.  Raises Invalid."""
    found: dict[str, object] = {}
    for word in filter(None, text.split(",")):
        name, equals, value = word.partition("=")
        if not equals or not name.strip().isidentifier():
            raise Invalid(f"{word!r} is no option of a library: expected NAME=VALUE, as in gain=2")
        try:
            found[name.strip()] = ast.literal_eval(value.strip())
        except (ValueError, SyntaxError):
            found[name.strip()] = value.strip()
    return found


def driver_of(library: Library, file: str = "", function: Any = None) -> type[ForeignDriver]:
    """Return the driver of a library.

    ``file``: the module that declares it, if one does.  ``function``: of the user, that makes the object.
    Errors: those of ``finding.found``; Invalid for a library without values.
    """
    modules = Modules()
    if function is not None:
        return _class(library, function, file, {"function": staticmethod(function), "spare": []})
    module, made = finding.found(library, modules.load_in_time)
    if not file:
        file = f"{PREFIX}{module.__name__}"
        sys.modules[file] = module  # with the name, the version and the file of the driver
    return _class(library, made, file, {"spare": [(modules, made)]})


def _class(library: Library, made: Any, file: str, more: dict[str, Any]) -> type[ForeignDriver]:
    values = tuple(library.values or guided(made, library.name))
    if not values:
        raise Invalid(f"{library.name} has none of the properties of Adafruit's design guide: give its channels")
    sample = NamedTuple("Sample", [(value.channel, _hint(value)) for value in values])  # type: ignore[misc]
    address = finding.default_address(made)

    async def read(self: ForeignDriver) -> Any:
        return await ForeignDriver.sample(self)

    read.__annotations__ = {"return": sample}
    contents = {
        "sample": read,
        "library": library,
        "values": values,
        "addresses": () if address is None else (address,),
        "timeout": 2 * library.limit + IMPORT_S + library.settle + library.first,
        "foreign": library.name,
        "__module__": file,
        "__doc__": f"The chip that {library.name} reads.",
        **more,
    }
    return type(getattr(made, "__name__", library.name).rpartition(".")[2], (ForeignDriver,), contents)


def _hint(value: Value) -> Any:
    hint = unit_of(value.unit).hint
    if value.lowest is not None or value.highest is not None:
        lowest = float("-inf") if value.lowest is None else value.lowest
        highest = float("inf") if value.highest is None else value.highest
        hint = Annotated[hint, Range(lowest, highest)]
    if not value.is_vector:
        return hint
    return NamedTuple(value.channel.title(), [(axis, hint) for axis in AXES])
