"""A bus of this machine through /dev/i2c-N: the one file that knows smbus2.

smbus2 opens the node and lends its structures.  The ioctls are issued here, because smbus2 drops the results of
the kernel: the number of messages that went through (i2c-virtio.c reports a NACK only so) and the length of a block.
With plain I2C everything goes out as I2C_RDWR, SMBus operations too, so that a NACK looks the same in all.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from ctypes import create_string_buffer
from fcntl import ioctl
from sys import executable
from sys import version as sys_version
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from smbus2 import SMBus, __version__, i2c_msg
from smbus2 import smbus2 as uapi

from ..errors import BadChecksum, Busy, Error, Invalid, Nack, NotSupported, TimedOut
from ..lib.clock import Clock, RealClock
from . import inventory
from .adapter import Functionality, Message, Read, Size, Write
from .controllers import controller_of
from .plan import check_address, length_of, plan
from .smbus import answer_of, fill, messages_of, needed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from ctypes import Array, c_char
    from pathlib import Path

SMBUS2 = uapi  # of which other code replaces a class
I2C_RDWR = uapi.I2C_RDWR
MAX_SHAPES = 128  # of the prepared transfers of a bus; a chip has a handful
MAX_OF_SHAPE = 16  # prepared transfers of one shape, such as reads of single registers

# errno to class and cause (Documentation/i2c/fault-codes.rst; adapters have three names for a NACK)
_NO_ANSWER = (Nack, "no answer: no chip at this address, or it is busy or without power")
_FAULTS: dict[int, tuple[type[Error], str]] = {
    errno.ENXIO: _NO_ANSWER,
    errno.EREMOTEIO: _NO_ANSWER,
    errno.ENODEV: _NO_ANSWER,
    errno.ETIMEDOUT: (TimedOut, "timed out: SDA or SCL is held low, or the chip stretched the clock too long"),
    errno.EAGAIN: (Error, "another master won the bus (arbitration lost); try again"),
    errno.EBADMSG: (BadChecksum, "the checksum (PEC) does not fit the data: noise, or the chip has no PEC"),
    errno.EOPNOTSUPP: (NotSupported, "the adapter cannot do this transfer; the kernel log may name its limit: dmesg"),
    errno.EBUSY: (Busy, "the bus stays busy: another master, or SDA is held low; power-cycle the chips"),
    errno.EIO: (Error, "the transfer broke off: check wires, pull-ups and power"),
    errno.ESHUTDOWN: (Error, "the adapter is suspended"),
    errno.EINVAL: (Invalid, "the kernel takes no such transfer"),
}
FAULTS = (OSError, SystemError)  # of an ioctl: the kernel's, Python's
_STRETCHED = {errno.ETIMEDOUT, errno.EIO}  # of a stretched clock in i2c-bcm2835.c

_Operation = tuple[Any, Any]  # an SMBus operation and its union: smbus2 gives their fields no types
Shape = tuple[int, int, bool]  # of a message: address, length, whether it reads


class _Transfer(NamedTuple):
    """One I2C_RDWR, with the bytes of its messages in its buffers."""

    request: uapi.i2c_rdwr_ioctl_data
    messages: Sequence[Message]
    buffers: list[Array[c_char]]
    answers: list[tuple[Array[c_char], bytes]]
    """The buffer of each Read, and as many zeros."""

    @classmethod
    def of(cls, messages: Sequence[Message]) -> Self:
        buffers = [create_string_buffer(length_of(message)) for message in messages]
        array = (i2c_msg * len(messages))(*map(_kernel_message, messages, buffers))
        pairs = zip(messages, buffers, strict=True)
        answers = [(buffer, bytes(len(buffer))) for message, buffer in pairs if isinstance(message, Read)]
        request = uapi.i2c_rdwr_ioctl_data(msgs=array, nmsgs=len(messages))
        return cls(request, messages, buffers, answers).filled(messages)

    def filled(self, messages: Sequence[Message]) -> Self:
        """Return the same transfer with the bytes of other messages of the same shape."""
        for buffer, message in zip(self.buffers, messages, strict=True):
            if isinstance(message, Write):
                buffer.raw = message.data
        return self._replace(messages=messages)


def _kernel_message(message: Message, buffer: Array[c_char]) -> i2c_msg:
    flags = uapi.I2C_M_RD if isinstance(message, Read) else 0
    return i2c_msg(addr=message.addr, flags=flags, len=len(buffer), buf=buffer)


class _PreparedTransfers:
    """Transfers by their messages: a repeated transfer needs no preparation.

    New messages get the oldest transfer of their shape where there are MAX_OF_SHAPE, so a chip that is sent ever other
    bytes costs no new buffers.
    """

    def __init__(self) -> None:
        self.by_messages: dict[Sequence[Message], list[_Transfer]] = {}
        self._by_shape: dict[tuple[Shape, ...], deque[Sequence[Message]]] = {}

    def prepare(self, messages: Sequence[Message], one_read_last: bool) -> list[_Transfer]:
        """Prepare new messages.  Raises Invalid for messages that i2c-dev refuses."""
        fixed = tuple([m if isinstance(m, Read) else Write(m.addr, bytes(m.data)) for m in messages])
        if fixed in self.by_messages:
            return self.by_messages[fixed]
        groups = plan(fixed, one_read_last)
        shape = tuple([(m.addr, length_of(m), isinstance(m, Read)) for m in fixed])
        if len(self._by_shape) >= MAX_SHAPES:
            self.clear()
        of_shape = self._by_shape.setdefault(shape, deque())
        if len(of_shape) < MAX_OF_SHAPE:
            transfers = list(map(_Transfer.of, groups))
        else:  # taken out before it is filled: no messages may find the bytes of others
            old = self.by_messages.pop(of_shape.popleft())
            transfers = [transfer.filled(group) for transfer, group in zip(old, groups, strict=True)]
        self.by_messages[fixed] = transfers
        of_shape.append(fixed)
        return transfers

    def clear(self) -> None:
        """Forget all transfers."""
        self.by_messages.clear()
        self._by_shape.clear()


class I2cDevAdapter:
    """A bus of this machine; see the protocol Adapter.  Once closed, it answers with ValueError."""

    def __init__(self, bus: int | str, *, sys: Path = inventory.SYS, dev: Path = inventory.DEV) -> None:
        """Open a bus by its number, or a word for inventory.parse_bus; errors as there and of inventory.open_error."""
        self.nr = inventory.parse_bus(bus, sys=sys, dev=dev) if isinstance(bus, str) else bus
        self._bus, self._fd = _open(self.nr, sys, dev)
        self._sys = sys
        self.name = name = inventory.adapter_name(self.nr, sys=sys)
        self.functionality = Functionality(self._bus.funcs)
        self.clock: Clock = RealClock()
        self._plain = Functionality.I2C in self.functionality
        self._one_read_last = controller_of(name.controller).one_read_last
        self._stretching = controller_of(name.controller).stretching
        self._prepared = _PreparedTransfers()
        self._smbus_reads: dict[tuple[Size, int, bytes | int], _Operation] = {}
        self._forced: set[int] = set()
        self._selected: tuple[int, bool] | None = None

    def __str__(self) -> str:
        return f"i2c-{self.nr}"

    def close(self) -> None:
        """Close the bus; a second call does nothing."""
        self._fd = -1
        self._bus.close()

    def fileno(self) -> int:
        """Return the descriptor of the bus; -1 once it is closed."""
        return self._fd

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        """Send the messages, combined as far as the adapter can; return the answers to the Reads, in order.

        Errors: NotSupported without I2C_FUNC_I2C; Nack; TimedOut; Busy; Invalid; Error with the kernel's errno.
        """
        try:
            transfers = self._prepared.by_messages[messages]
        except (KeyError, TypeError):  # TypeError: of a list, or of bytes that can change, such as a bytearray
            transfers = self._prepare(messages)
        if len(transfers) == 1:
            return self._send(transfers[0])
        return [answer for transfer in transfers for answer in self._send(transfer)]

    def _prepare(self, messages: Sequence[Message]) -> list[_Transfer]:
        if not self._plain:
            raise NotSupported(f"{self} ({self.name}) lacks I2C_FUNC_I2C: it has SMBus operations only")
        if not messages:
            raise Invalid(f"{self}: a transfer without messages")
        return self._prepared.prepare(messages, self._one_read_last)

    def _send(self, transfer: _Transfer) -> list[bytes]:
        request, messages, _, answers = transfer
        for buffer, zeros in answers:
            buffer.raw = zeros  # an old answer must never pass for a new one
        try:
            done = ioctl(self._fd, I2C_RDWR, request)
        except FAULTS as fault:
            return self._send_split(messages, fault)
        if done < len(messages):
            where = f"{self} 0x{messages[done].addr:02x}"
            raise Nack(f"{where}: {_NO_ANSWER[1]} ({done} of {len(messages)} messages went through)")
        found = []
        for buffer, _ in answers:
            found.append(buffer.raw)  # a comprehension is a call before Python 3.12
        return found

    def _send_split(self, messages: Sequence[Message], fault: OSError | SystemError) -> list[bytes]:
        """Learn from EOPNOTSUPP, which comes before anything is sent, that a Read must be the last message."""
        if getattr(fault, "errno", None) != errno.EOPNOTSUPP or len(plan(messages, one_read_last=True)) == 1:
            raise self._failure(fault, (message.addr for message in messages)) from fault
        self._one_read_last = True
        self._prepared.clear()
        return self.xfer(messages)

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        """Do one SMBus operation; see Adapter.smbus_xfer.

        Errors: Busy, naming the holder; NotSupported without the operation's I2C_FUNC_ bit; all of ``xfer``.
        """
        operation = self._smbus_reads.get((size, command, data)) or self._prepare_smbus(size, command, data)
        self._select(addr)
        if self._plain:
            return b"".join(self.xfer(messages_of(addr, size, command, data)))
        return self._smbus(addr, size, data, operation)

    def _prepare_smbus(self, size: Size, command: int, data: bytes | int) -> _Operation:
        bit = needed(size, command, data)
        if bit not in self.functionality:
            raise NotSupported(f"{self} ({self.name}) lacks I2C_FUNC_{bit.name}: no such SMBus {size.name}")
        request = uapi.i2c_smbus_ioctl_data.create(int(isinstance(data, int)), command, size)
        operation = request, request.data.contents
        if isinstance(data, int):  # at most one for each register and length
            self._smbus_reads[size, command, data] = operation
        return operation

    def _smbus(self, addr: int, size: Size, data: bytes | int, operation: _Operation) -> bytes:
        request, union = operation
        fill(union, size, data)
        try:
            ioctl(self._fd, uapi.I2C_SMBUS, request)
        except FAULTS as fault:
            raise self._failure(fault, (addr,)) from fault
        if isinstance(data, bytes):
            return b""
        answer = answer_of(union, size, data)
        if len(answer) != data:
            raise Error(f"{self} 0x{addr:02x}: only {len(answer)} of {data} bytes came")  # EIO as in regmap-i2c.c
        return answer

    def claim(self, addr: int, *, force: bool = False) -> None:
        """Refuse (Busy, naming the holder) an address that a kernel driver uses; ``force`` skips that.

        It is true only now: the kernel does not stop a driver that is bound later, and does not check I2C_RDWR.
        """
        self._selected = None
        if force:
            self._forced.add(addr)
        else:
            self._forced.discard(addr)
            self._select(addr)

    def _select(self, addr: int) -> None:
        """Direct SMBus operations at ``addr``; the kernel refuses one in use here or anywhere in the mux tree."""
        wanted = addr, addr in self._forced
        if wanted == self._selected:
            return
        check_address(addr)
        try:
            ioctl(self._fd, uapi.I2C_SLAVE_FORCE if addr in self._forced else uapi.I2C_SLAVE, addr)
        except FAULTS as fault:
            if getattr(fault, "errno", None) == errno.EBUSY:
                raise inventory.address_in_use_error(self.nr, addr, sys=self._sys) from fault
            raise self._failure(fault, (addr,)) from fault
        self._selected = wanted

    def _failure(self, fault: OSError | SystemError, addrs: Iterable[int]) -> Error:
        if isinstance(fault, SystemError):
            return _incompatible(fault)
        number = fault.errno or errno.EIO
        kind, cause = _FAULTS.get(number, (Error, os.strerror(number)))
        hint = self._stretching if number in _STRETCHED else ""
        where = ", ".join(f"0x{addr:02x}" for addr in dict.fromkeys(addrs))
        return kind(f"{self} {where}: {cause}{hint}", number)


def _open(nr: int, sys: Path, dev: Path) -> tuple[SMBus, int]:
    bus = SMBus()
    try:
        bus.open(str(dev / f"i2c-{nr}"))
    except OSError as fault:
        bus.close()  # smbus2 keeps the descriptor when only I2C_FUNCS failed
        raise inventory.open_error(nr, fault, sys=sys, dev=dev) from fault
    except SystemError as fault:
        bus.close()
        raise _incompatible(fault) from fault
    return bus, -1 if bus.fd is None else bus.fd


def _incompatible(fault: SystemError) -> Error:
    """Explain a request that Python refuses: 3.14 checks the size of its buffer, and smbus2 before 0.6 gives less."""
    python, fix = sys_version.split()[0], f"{executable} -m pip install 'smbus2>=0.6'"
    return Error(f"smbus2 {__version__} does not work with Python {python} ({fault}): {fix}", errno.ENOSYS)
