"""How much of the daemon a client can have."""

from typing import NamedTuple


class Limits(NamedTuple):
    """The defaults are for a Raspberry Pi with a handful of people and programs."""

    message: int = 65536  # bytes of a call: a text of 4096 bytes takes up to six times as many; see also wire.MOST
    unread: int = 1 << 17  # bytes that may wait for a client; then its stream waits, and its next call
    patience: float = 10.0  # s for a whole message to arrive, and in which a client must read something
    clients: int = 256  # at once; root and the server's user have a few more
    workers: int = 4  # calls that run at once, and as many that may wait for a chip; the others wait for their turn
    streams: int = 32  # calls with many replies at once, a thread each; more are refused (EBUSY)
