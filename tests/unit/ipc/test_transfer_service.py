"""``io.i2cdrv.Transfer`` over a real socket, and the upgrade of its connection."""

from __future__ import annotations

import errno
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import load
from i2cdrv.errors import Busy, Error, Invalid, Unknown
from i2cdrv.i2c.adapter import Functionality, Read, Write
from i2cdrv.ipc import transferframe as frame
from i2cdrv.ipc.services import transfer
from i2cdrv.ipc.varlink import Client, Limits, Server
from i2cdrv.lib.clock import RealClock
from i2cdrv.sim import CHIPS, SimAdapter
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TRANSFER, OPEN = "io.i2cdrv.Transfer.Transfer", "io.i2cdrv.Transfer.Open"
ID = [{"address": 0x76, "write": "d0"}, {"address": 0x76, "read": 1}]
PATIENCE = 60.0


@pytest.fixture
def bus() -> Iterator[Bus]:
    chips = {0x76: CHIPS["bme280"](), 0x77: CHIPS["bmp280"]()}
    bus = Bus(SimAdapter(chips, clock=RealClock(), frequency=None))
    bus.start()
    yield bus
    bus.close()


@pytest.fixture
def server(bus: Bus, tmp_path: Path) -> Iterator[Server]:
    def find(word: str) -> Bus:
        if word != "0":
            raise Unknown(f"no bus {word!r}")
        return bus

    limits = Limits(streams=1, upgrades=2)
    with Server(tmp_path / "control", [transfer.interface(find)], limits=limits) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Client:
    return Client(server.path, PATIENCE)


def opened(client: Client) -> socket.socket:
    sock = client.upgrade(OPEN, {"bus": "0"})[1]
    sock.settimeout(PATIENCE)
    return sock


def exchange(sock: socket.socket, *messages: Write | Read) -> bytes:
    sock.sendall(frame.pack(messages, force=False))
    reply = frame.receive(sock)
    assert reply is not None
    return frame.answered(reply)


def test_one_transfer_by_call(client: Client) -> None:
    assert client.call(TRANSFER, {"bus": "0", "messages": ID}) == {"answers": ["60"]}


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        ([], "0 messages"),
        ([{"address": 1}], "either write or read"),
        ([{"address": 1, "write": "00", "read": 1}], "either write or read"),
        ([{"address": 1, "write": "0x"}], "'0x' is not hexadecimal"),
        ([{"address": 1, "read": 1}] * 43, "43 messages: 1 … 42"),
        ([{"address": 0x80, "read": 1}], "7 bits"),
        ([{"address": 1, "read": -1}], "-1 bytes"),
        ([{"address": 1, "read": 8193}], "8193 bytes"),
    ],
)
def test_a_call_that_is_no_transfer_is_refused(client: Client, messages: list[dict[str, Any]], why: str) -> None:
    with pytest.raises(Invalid, match=why):
        client.call(TRANSFER, {"bus": "0", "messages": messages})


def test_a_driven_chip_is_busy(bus: Bus, client: Client) -> None:
    bus.bind(LoadedModule(load("bme280")), 0x76)
    with pytest.raises(Busy, match="0-0076 is bound to bme280"):
        client.call(TRANSFER, {"bus": "0", "messages": ID})
    assert client.call(TRANSFER, {"bus": "0", "messages": ID, "force": True}) == {"answers": ["60"]}


def test_an_upgraded_connection_carries_frames_and_errors(client: Client) -> None:
    reply, sock = client.upgrade(OPEN, {"bus": "0"})
    assert reply["bus"] == 0
    assert Functionality(reply["functionality"]) & Functionality.I2C
    with sock:
        assert exchange(sock, Write(0x76, b"\xd0"), Read(0x76, 1)) == b"\x60"
        with pytest.raises(Error, match="did not acknowledge") as caught:
            exchange(sock, Read(0x50, 1))
        assert caught.value.errno == errno.ENXIO
        assert exchange(sock, Write(0x76, b"\xd0"), Read(0x76, 1)) == b"\x60"


def test_an_unknown_bus_is_refused_before_the_upgrade(client: Client) -> None:
    with pytest.raises(Unknown, match="no bus '7'"):
        client.upgrade(OPEN, {"bus": "7"})


def test_open_needs_upgrade_and_other_methods_refuse_it(client: Client) -> None:
    with pytest.raises(Invalid, match=r"Open upgrades the connection: call it with upgrade"):
        client.call(OPEN, {"bus": "0"})
    with pytest.raises(Error, match="the daemon has no"):
        client.upgrade(TRANSFER, {"bus": "0", "messages": ID})


def test_bytes_that_are_no_frame_close_that_connection_only(client: Client) -> None:
    with opened(client) as sock, opened(client) as good:
        sock.sendall(b"\1\0\0\0\xff")
        assert sock.recv(1) == b""
        assert exchange(good, Write(0x76, b"\xd0"), Read(0x76, 1)) == b"\x60"


def test_bytes_behind_the_call_close_the_connection(server: Server) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(PATIENCE)
        sock.connect(str(server.path))
        sock.sendall(b'{"method":"%s","parameters":{"bus":"0"},"upgrade":true}\0\1\0' % OPEN.encode())
        assert sock.recv(1) == b""


def test_more_connections_than_the_limit_are_busy_until_one_ends(client: Client) -> None:
    with opened(client) as one, opened(client):
        with pytest.raises(Busy, match="2 connections of programs are open already"):
            opened(client)
        one.close()
        until(lambda: _can_open(client))


def _can_open(client: Client) -> bool:
    try:
        opened(client).close()
    except Busy:
        return False
    return True


def test_a_server_that_stops_ends_idle_connections(server: Server, client: Client) -> None:
    with opened(client) as sock:
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        assert sock.recv(1) == b""
        stopping.join(PATIENCE)
        assert not stopping.is_alive()


def test_two_programs_and_a_driver_share_the_bus(bus: Bus, client: Client) -> None:
    device = bus.bind(LoadedModule(load("bme280")), 0x76)
    answers: list[bytes] = []

    def program() -> None:
        with opened(client) as sock:
            answers.extend(exchange(sock, Write(0x77, b"\xd0"), Read(0x77, 1)) for _ in range(200))

    threads = [threading.Thread(target=program) for _ in range(2)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        device.sample()
    assert answers == 400 * [b"\x58"]  # BMP280, section 4.3.1
