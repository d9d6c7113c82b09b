"""The I2C adapter device on top of a ring (virtio 1.2 §5.19 I2C Adapter Device)."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

from ...errors import Error
from ...i2c.adapter import Read, Write
from .wire import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...i2c.adapter import Adapter, Message
    from .ring import Chain, SplitRing

OUT_HEADER = Struct("<HHI")  # struct virtio_i2c_out_hdr: addr, padding, flags
FAIL_NEXT, M_RD = 1, 2  # VIRTIO_I2C_FLAGS_*
OK, ERR = b"\0", b"\1"  # struct virtio_i2c_in_hdr: VIRTIO_I2C_MSG_*


class Request(NamedTuple):
    """One I2C message; ``message`` is None if no adapter can send it (ten-bit address, unknown flag)."""

    chain: Chain
    message: Message | None
    linked: bool

    def ok(self, data: bytes) -> bytes:
        return data + OK

    def failed(self) -> bytes:
        """Return zeros in place of data: the driver must not use them, and they disclose nothing."""
        return bytes(self.chain.writable_bytes - len(ERR)) + ERR


def parse(chain: Chain) -> Request:
    """Parse out header, data in at most one direction, and in header (§5.19.6.1).  Errors: ProtocolError."""
    sent, writable = chain.read(), chain.writable_bytes
    if len(sent) < OUT_HEADER.size or not writable:
        raise ProtocolError(f"I2C request {chain.head} lacks a header: {len(sent)} bytes out, {writable} in")
    address, _, flags = OUT_HEADER.unpack_from(sent)
    data, length = sent[OUT_HEADER.size :], writable - len(ERR)
    if len(data) if flags & M_RD else length:
        raise ProtocolError(f"I2C request {chain.head} has a buffer against its direction")
    return Request(chain, _message(address, flags, data, length), bool(flags & FAIL_NEXT))


def _message(address: int, flags: int, data: bytes, length: int) -> Message | None:
    if address & ~0xFE or flags & ~(FAIL_NEXT | M_RD):
        return None
    return Read(address >> 1, length) if flags & M_RD else Write(address >> 1, data)


def groups(requests: Iterable[Request]) -> Iterator[list[Request]]:
    """Group the requests that FAIL_NEXT links to one combined transfer.  The last group may be incomplete."""
    group: list[Request] = []
    for request in requests:
        group.append(request)
        if not request.linked:
            yield group
            group = []
    if group:
        yield group


def transfer(adapter: Adapter, group: list[Request]) -> list[bytes]:
    """Put one group on the bus; return the bytes to write into each request."""
    answers = _answers(adapter, group)
    if answers is None:
        return [request.failed() for request in group]
    return [request.ok(next(answers) if isinstance(request.message, Read) else b"") for request in group]


def _answers(adapter: Adapter, group: list[Request]) -> Iterator[bytes] | None:
    """Return the answers, or None after an error.

    Linux cuts off the end of a group longer than its ring: an incomplete transfer is not sent.
    """
    messages = [request.message for request in group if request.message is not None]
    if len(messages) < len(group) or group[-1].linked:
        return None
    try:
        answers = adapter.xfer(messages)
    except Error:
        return None
    fits = [len(answer) for answer in answers] == [m.length for m in messages if isinstance(m, Read)]
    return iter(answers) if fits else None


def process(ring: SplitRing, adapter: Adapter) -> None:
    """Process the available requests, in order."""
    for group in groups(map(parse, ring.take())):
        for request, answer in zip(group, transfer(adapter, group), strict=True):
            ring.give(request.chain, answer)
