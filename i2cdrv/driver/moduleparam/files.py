"""The files of some parameters, those of a module or those of one device: reads and writes (kernel/params.c)."""

from __future__ import annotations

import errno
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ...errors import Error, Invalid, Unknown, nearest
from ...lib.listeners import Listeners
from ...lib.validate import shown
from .compound import words_of
from .origin import Origin
from .param import Param

PAGE_SIZE = 4096  # bytes that one write() to a file of sysfs takes
ERR, WARNING, NOTICE = 3, 4, 5  # KERN_ERR …

Printk = Callable[[int, bytes], object]


class ParameterFiles(ABC):
    """Parameters with their values, and reads and writes of their files.

    ``name``: of the module or device.  ``printk``: takes the kernel's log lines with their levels.
    ``param_lock``: held while a value is set.  ``written``: called with the name of a parameter that was written.
    """

    at_run_time: ClassVar[Origin]  # the origin of a value that is written to a file

    def __init__(self, name: str, params: Mapping[str, Param], printk: Printk, param_lock: threading.Lock) -> None:
        self.name, self.params = name, params
        self.printk, self.param_lock = printk, param_lock
        self.written: Listeners[[str]] = Listeners()

    @abstractmethod
    def value(self, param: Param) -> Any:
        """Return the value of the parameter's variable."""

    @abstractmethod
    def origin(self, param: Param) -> Origin:
        """Return the origin of that value."""

    @abstractmethod
    def _assign(self, param: Param, value: Any, origin: Origin) -> None:
        """Set a value, with the lock held.  If that fails, the old value stays."""

    @abstractmethod
    def _taint(self) -> None:
        """Taint the module."""

    def _set(self, param: Param, text: bytes | None, origin: Origin) -> None:
        """Set one parameter (parse_one); the old value stays if that fails."""
        param.check_bare(text)
        with self.param_lock:
            param = find(param.name, self.params)  # its module may have been read again since
            self._check_unsafe(param)
            value = self._parsed(param, text)
            self._check_once(param)
            self._assign(param, value, origin)
        self.written(param.name)

    def _check_once(self, param: Param) -> None:
        if param.once and self.origin(param) is not Origin.DEFAULT:
            raise Invalid(f"{param.name} has been set already, and it can be set only once", errno.EEXIST)

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
            self._taint()

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
        """Set a parameter at run time, and in the chips that it concerns; the old value stays if that fails.

        Errors: Unknown (ENOENT), Error (EACCES) by its mode, EPERM, or the errors of setting it and of the chip.
        """
        self._set(self._file(name, 0o222, "written"), text, self.at_run_time)

    def show(self, name: str) -> bytes:
        """Return the content of the parameter's file (param_attr_show).  Errors: Unknown, Error (EACCES, EPERM).

        This takes no lock, unlike the kernel: a value is replaced as a whole, and a write may wait for a chip.
        """
        param = self._file(name, 0o444, "read")
        return param.show(self.value(param))

    def readable(self) -> list[Param]:
        """Return the parameters with a file that can be read."""
        return [param for param in self.params.values() if param.perm & 0o444]

    def _file(self, name: str, bits: int, what: str) -> Param:
        """Return the parameter of a file.  Raises Error (EACCES) if its mode allows this to no user, root included."""
        param = find(name, self.params)
        if not param.perm:
            raise Unknown(f"the parameter {name} of {self.name} is set when the module is loaded, and has no file")
        if not param.perm & bits:
            raise Error(f"the parameter {name} of {self.name} cannot be {what}", errno.EACCES)
        return param


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
    takers = [one.name for one in params.values() if word in words_of(one.type)]
    return f" (did you mean {' or '.join(f'{name}={word}' for name in takers)}?)" if takers else ""
