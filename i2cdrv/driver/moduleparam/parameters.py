"""The parameters of one module, set by its load and by its files under /sys/module (kernel/params.c)."""

from __future__ import annotations

import errno
import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...atomic import Acquire, Atomic, Release, SetOnce
from ...errors import Error, Invalid, Unknown, nearest
from ...lib.listeners import Listeners
from ...lib.validate import shown
from .cmdline import Argument, parse_args
from .compound import Array
from .enums import EnumType
from .param import Param

PAGE_SIZE = 4096  # bytes that one write() to a file of sysfs takes
ERR, WARNING, NOTICE = 3, 4, 5  # KERN_ERR …
# every module takes these (unknown_module_param_cb); bus threads probe in any case
ASYNC_PROBE = b"async_probe"
DYNDBG = re.compile(rb"([^.]*\.)?dyndbg")
NO_DYNDBG = b"dyndbg param is supported only in CONFIG_DYNAMIC_DEBUG builds"  # include/linux/dynamic_debug.h

Printk = Callable[[int, bytes], object]
Changing = Callable[[Param, Any], object]
Value = tuple[Any]  # in a tuple, because None is a value too


class Slot:
    """The value of one parameter, empty until it is set; a reader on another thread gets the old or the new value."""

    def __init__(self) -> None:
        self._value: Atomic[Value | None] = Atomic(None)

    def get(self) -> Value | None:
        return self._value.load(Acquire)

    def set(self, value: Any) -> None:
        self._value.store((value,), Release)


class OnceSlot:
    """A slot that is set only once, for parameters of Rust drivers; setting it again changes nothing."""

    def __init__(self) -> None:
        self._value: SetOnce[Value] = SetOnce()

    def get(self) -> Value | None:
        return self._value.as_ref()

    def set(self, value: Any) -> None:
        self._value.populate((value,))


class Parameters:
    """The values of a module's parameters, from its load.

    ``name``: the module's, for the log.  ``printk``: takes the kernel's log lines with their levels.
    ``changing``: called with each new value; if it raises, the old value stays.
    ``ignore_unknown``: an unknown parameter is no error, as in the kernel, but a warning.
    """

    def __init__(
        self,
        name: str,
        params: Mapping[str, Param],
        printk: Printk = lambda *_: None,
        changing: Changing = lambda *_: None,
        *,
        ignore_unknown: bool = False,
    ) -> None:
        self.name = name
        self.params = params
        self.printk = printk
        self.changing = changing
        self.ignore_unknown = ignore_unknown
        self.written: Listeners[[str]] = Listeners()  # called with the name of a parameter that was written
        self._slots = self._empty()
        self.loaded = False
        self.tainted = False
        self.param_lock = threading.Lock()

    def load(self, args: bytes, options: Sequence[Argument] = ()) -> dict[str, Any]:
        """Set the parameters of an argument line, all or none; return the values by variable.

        ``options`` come before the line, except for parameters that the line names too.
        Raises the last of the errors; each has its line in the log.  EEXIST for a module that is loaded already.
        """
        arguments, rest = parse_args(args)
        if self.loaded and arguments:
            raise self.already_loaded(args)
        if options:
            named = {_plain(name) for name, _ in arguments}
            arguments = [*(option for option in options if _plain(option.name) not in named), *arguments]
        errors = [error for name, value in arguments if (error := self._parse_one(name, value))]
        if errors:
            self._slots = self._empty()
            raise errors[-1]
        if rest is not None:  # load_module() comes to it only if parse_args() found no error
            self.printk(WARNING, b"%b: parameters '%b' after `--' ignored" % (self.name.encode(), rest))
        self.loaded = True
        return self.values

    @property
    def values(self) -> dict[str, Any]:
        """The values that have been set, by variable."""
        return {variable: value[0] for variable, slot in self._slots.items() if (value := slot.get()) is not None}

    def redeclare(self, params: Mapping[str, Param]) -> list[str]:
        """Take the declarations of a reloaded module; return the names of values that are lost.

        The values stay, if the new declaration takes its text.
        """
        with self.param_lock:
            old = {param.name: (param, self._slots[param.variable].get()) for param in self.params.values()}
            self.params = params
            self._slots = self._empty()
            kept = {name: (param, value[0]) for name, (param, value) in old.items() if value is not None}
            return [name for name, (param, value) in kept.items() if not self._carry_over(param, value)]

    def _carry_over(self, old: Param, value: Any) -> bool:
        new = self.params.get(old.name)
        if new is None:
            return False
        try:  # by its text: the enums of a module that was read again are others
            self._slots[new.variable].set(value if value in ((), None) else new.set(old.get(value)))
        except (Error, TypeError, AttributeError):
            return False
        return True

    def _empty(self) -> dict[str, Slot | OnceSlot]:
        return {param.variable: OnceSlot() if param.once else Slot() for param in self.params.values()}

    def already_loaded(self, args: bytes) -> Error:
        """Return the error EEXIST; the kernel drops the arguments silently."""
        first = args.partition(b" ")[0].decode("utf-8", "backslashreplace")
        how = f"i2cdrv param {self.name} {first}"
        return Error(f"{self.name} is loaded already; its parameters are set one by one: {how}", errno.EEXIST)

    def assign(self, values: Mapping[str, Any]) -> None:
        """Set Python values, or text, by the parameters' names, all or none.  Errors: Unknown, Invalid."""
        found = {name: find(name, self.params) for name in values}
        coerced = {found[name].variable: found[name].coerce(value) for name, value in values.items()}
        self._slots = self._empty()
        for variable, value in coerced.items():
            self._slots[variable].set(value)
        self.loaded = True

    def _parse_one(self, name: bytes, value: bytes | None) -> Error | None:
        param = self.params.get(_plain(name))
        try:
            if param is not None:
                self._set(param, value)
            elif DYNDBG.fullmatch(name):
                self.printk(WARNING, NO_DYNDBG)
            elif name != ASYNC_PROBE:
                self._unknown(name)
        except Error as error:
            self._refused(name, value, error, is_array=param is not None and isinstance(param.type, Array))
            return error if (error.errno or 0) > 0 else Invalid(error.message)  # a callback's positive answer
        return None

    def _unknown(self, name: bytes) -> None:
        if not self.ignore_unknown:
            find(os.fsdecode(name), self.params)
        shown = name.partition(b".")[0]  # the kernel cuts it there to look for dyndbg
        self.printk(WARNING, b"%b: unknown parameter '%b' ignored" % (self.name.encode(), shown))

    def _refused(self, name: bytes, value: bytes | None, error: Error, *, is_array: bool) -> None:
        """Log the line that parse_args writes; the errno selects it."""
        shown = value or b""
        if is_array:
            shown = shown.partition(b",")[0]  # the kernel has put a NUL there
        text = {
            errno.ENOENT: b"Unknown parameter `%b'" % name,
            errno.ENOSPC: b"`%b' too large for parameter `%b'" % (shown, name),
        }.get(error.errno or 0, b"`%b' invalid for parameter `%b'" % (shown, name))
        self.printk(ERR, b"%b: %b" % (self.name.encode(), text))

    def _set(self, param: Param, text: bytes | None) -> None:
        """Assign one parameter (parse_one); the old value stays if that fails."""
        param.check_bare(text)
        with self.param_lock:
            param = find(param.name, self.params)  # its module may have been read again since
            self._check_unsafe(param)
            value = self._parsed(param, text)
            if param.once and self._slots[param.variable].get() is not None:
                raise Invalid(f"{param.name} has been set already, and it can be set only once", errno.EEXIST)
            self.changing(param, value)
            self._slots[param.variable].set(value)
        self.written(param.name)

    def _parsed(self, param: Param, text: bytes | None) -> Any:
        try:
            return param.set(text, self.value(param))
        except Invalid as error:
            if error.log:
                self.printk(ERR, f"{param.name}: {error.log}".encode())
            raise

    def _check_unsafe(self, param: Param) -> None:
        """Taint the module for an unsafe parameter, before its value is checked (param_check_unsafe)."""
        if param.unsafe:
            self.printk(NOTICE, b"Setting dangerous option %b - tainting kernel" % param.name.encode())
            self.tainted = True

    def value(self, param: Param) -> Any:
        """Return the value of the parameter's variable."""
        value = self._slots[param.variable].get()
        return param.default if value is None else value[0]

    def store(self, name: str, data: bytes) -> int:
        """Write to the parameter's file; return the number of bytes taken (param_attr_store).

        Errors: Unknown (ENOENT) without a file, Error (EACCES) by its mode, EPERM, or the errors of setting it.
        """
        self._file(name, 0o222, "written")
        taken = data[:PAGE_SIZE]
        try:
            if taken:
                self.write(name, taken.partition(b"\0")[0])
        except Error as error:
            if error.errno is None or error.errno >= 0:
                raise
            return -error.errno  # a callback's positive answer is taken for the number of bytes
        return len(taken)

    def write(self, name: str, text: bytes | None) -> None:
        """Set a parameter of a loaded module, and in its devices; the old value stays if that fails.

        Errors: Unknown (ENOENT), Error (EACCES) by its mode, EPERM, or the errors of setting it and of the chip.
        """
        self._set(self._file(name, 0o222, "written"), text)

    def show(self, name: str) -> bytes:
        """Return the content of the parameter's file (param_attr_show).  Errors: Unknown, Error (EACCES, EPERM).

        This takes no lock, unlike the kernel: a value is replaced as a whole, and a write may wait for a chip.
        """
        param = self._file(name, 0o444, "read")
        return param.show(self.value(param))

    def _file(self, name: str, bits: int, what: str) -> Param:
        """Return the parameter of a file.  Raises Error (EACCES) if its mode allows this to no user, root included."""
        param = find(name, self.params)
        if not param.perm:
            raise Unknown(f"the parameter {name} of {self.name} is set when the module is loaded, and has no file")
        if not param.perm & bits:
            raise Error(f"the parameter {name} of {self.name} cannot be {what}", errno.EACCES)
        return param


def _plain(name: bytes) -> str:
    return os.fsdecode(name).replace("-", "_")


def find(name: object, params: Mapping[str, Param]) -> Param:
    """Return the parameter of that name.  Raises Unknown, with the nearest name, or the parameters of a bare word."""
    if not isinstance(name, str):
        raise Invalid(f"name={shown(name)}: accepted: the name of a parameter: {', '.join(sorted(params))}")
    if name not in params:
        meant = _assignments(name, params) or nearest(name, params)
        raise Unknown(f"unknown parameter {name!r}{meant}; known: {', '.join(sorted(params))}")
    return params[name]


def _assignments(word: str, params: Mapping[str, Param]) -> str:
    """Return `` (did you mean power=low?)`` for a word that is a value of parameters, else an empty text."""
    takers = [one.name for one in params.values() if isinstance(one.type, EnumType) and word in one.type.words]
    return f" (did you mean {' or '.join(f'{name}={word}' for name in takers)}?)" if takers else ""
