"""One connection with a front end (vhost-user protocol, section "Front-end message types")."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

from . import device
from .memory import Memory, map_region
from .vring import Vring
from .wire import MAX_FDS, REGION, TABLE, U64, Kind, ProtocolError, close_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...i2c.adapter import Adapter
    from .wire import Channel, Message

ZERO_LENGTH_REQUEST = 1 << 0  # VIRTIO_I2C_F_ZERO_LENGTH_REQUEST, mandatory (virtio 1.2 §5.19.3)
INDIRECT_DESC = 1 << 28  # VIRTIO_F_INDIRECT_DESC: QEMU's ring of 4 holds no combined transfer without it
PROTOCOL_FEATURES = 1 << 30  # VHOST_USER_F_PROTOCOL_FEATURES
VERSION_1 = 1 << 32  # VIRTIO_F_VERSION_1
REQUIRED = ZERO_LENGTH_REQUEST | VERSION_1
FEATURES = REQUIRED | INDIRECT_DESC | PROTOCOL_FEATURES

MQ = 1 << 0  # VHOST_USER_PROTOCOL_F_MQ: "back-ends should always implement" it
REPLY_ACK = 1 << 3  # VHOST_USER_PROTOCOL_F_REPLY_ACK
BACKEND_REQ = 1 << 5  # VHOST_USER_PROTOCOL_F_BACKEND_REQ: without it User Mode Linux has no interrupt for the ring
PROTOCOL = MQ | REPLY_ACK | BACKEND_REQ


def _bits(mask: int) -> str:
    return ", ".join(str(bit) for bit in range(mask.bit_length()) if mask >> bit & 1)


def _subset(message: Message, offered: int) -> int:
    wanted = message.u64()
    if extra := wanted & ~offered:
        raise ProtocolError(f"{message.kind.name} requests bits that were not offered: {_bits(extra)}")
    return wanted


def _map_table(message: Message) -> Memory:
    """Map the regions; User Mode Linux sends space for two and declares one, so the length is a minimum."""
    count = TABLE.unpack_from(message.payload.ljust(TABLE.size, b"\0"))[0]
    if not 0 < count <= MAX_FDS or len(message.fds) != count or len(message.payload) < TABLE.size + count * REGION.size:
        raise ProtocolError(f"SET_MEM_TABLE: {count} regions, {len(message.fds)} files, {len(message.payload)} bytes")
    lines = REGION.iter_unpack(message.payload[TABLE.size : TABLE.size + count * REGION.size])
    return Memory([map_region(fd, *line) for line, fd in zip(lines, message.fds, strict=True)])


def _readable(fds: list[int], timeout: float) -> set[int]:
    poll = select.poll()
    for fd in fds:
        poll.register(fd, select.POLLIN)
    return {fd for fd, _ in poll.poll(1000 * timeout)}


class Session:
    """The state that a front end sets up: features, memory and one ring."""

    def __init__(self, channel: Channel, adapter: Adapter) -> None:
        self._channel = channel
        self._adapter = adapter
        self._features = 0
        self._protocol = 0
        self._memory = Memory()
        self._vring = Vring()
        self._requests: list[int] = []  # the channel for requests of ours; none is ever sent
        self._handlers = self._by_kind()

    def _by_kind(self) -> dict[Kind, Callable[[Message], bytes | None]]:
        return {
            Kind.GET_FEATURES: lambda _: U64.pack(FEATURES),
            Kind.SET_FEATURES: self._set_features,
            Kind.SET_OWNER: lambda _: None,  # the connection started the session already
            Kind.RESET_OWNER: self._vring.reset,
            Kind.SET_MEM_TABLE: self._set_mem_table,
            Kind.SET_VRING_NUM: self._vring.set_num,
            Kind.SET_VRING_ADDR: self._vring.set_addr,
            Kind.SET_VRING_BASE: self._vring.set_base,
            Kind.GET_VRING_BASE: self._vring.get_base,
            Kind.SET_VRING_KICK: self._vring.set_kick,
            Kind.SET_VRING_CALL: self._vring.set_call,
            Kind.SET_VRING_ERR: self._vring.set_err,
            Kind.GET_PROTOCOL_FEATURES: lambda _: U64.pack(PROTOCOL),
            Kind.SET_PROTOCOL_FEATURES: self._set_protocol_features,
            Kind.GET_QUEUE_NUM: lambda _: U64.pack(1),
            Kind.SET_VRING_ENABLE: self._vring.set_enable,
            Kind.SET_BACKEND_REQ_FD: self._set_backend_req_fd,
        }

    def step(self, timeout: float) -> None:
        """Wait for a notification or a message, at most ``timeout`` s, and handle it."""
        channel = self._channel.fileno()
        ready = _readable([channel, *(self._vring.kick if self._ring_enabled() else ())], timeout)
        if not ready.isdisjoint(self._vring.kick) and self._vring.take_kick():
            self._process()
        if channel in ready and (message := self._channel.receive()):
            self._handle(message)

    def close(self) -> None:
        self._channel.close()
        self._memory.close()
        self._vring.close()
        close_all(self._requests)

    def _ring_enabled(self) -> bool:
        """Return whether the ring is enabled: always without protocol features (section "Ring states")."""
        return self._vring.enabled or not self._features & PROTOCOL_FEATURES

    def _process(self) -> None:
        if missing := REQUIRED & ~self._features:
            raise ProtocolError(f"the guest's driver did not accept feature bits it must: {_bits(missing)}")
        device.process(self._vring.locate(self._memory), self._adapter)
        self._vring.notify()

    def _handle(self, message: Message) -> None:
        """Reply with the handler's result or, if it is None, with an acknowledgement on request (REPLY_ACK)."""
        try:
            payload = self._handlers[message.kind](message)
        finally:
            close_all(message.fds)
        if payload is None and message.need_reply and self._protocol & REPLY_ACK:
            payload = U64.pack(0)
        if payload is not None:
            self._channel.reply(message.kind, payload)

    def _set_features(self, message: Message) -> None:
        self._features = _subset(message, FEATURES)

    def _set_protocol_features(self, message: Message) -> None:
        self._protocol = _subset(message, PROTOCOL)

    def _set_backend_req_fd(self, message: Message) -> None:
        """Keep the descriptor open until the end: User Mode Linux takes its closing for the loss of the device."""
        if not self._protocol & BACKEND_REQ:
            raise ProtocolError(
                f"{message.kind.name} belongs to protocol feature 5, which the front end did not accept"
            )
        if message.payload or len(message.fds) != 1:
            raise ProtocolError(
                f"{message.kind.name} has {len(message.payload)} bytes and {len(message.fds)} descriptors"
            )
        close_all(self._requests)
        self._requests = [message.fds.pop()]

    def _set_mem_table(self, message: Message) -> None:
        self._memory.close()
        self._memory = _map_table(message)
