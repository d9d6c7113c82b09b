"""The socket, and the ends of conversations."""

from __future__ import annotations

import os
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from i2cdrv.errors import Busy, Error, Invalid, NotSupported
from i2cdrv.i2c.adapter import Functionality
from i2cdrv.sim.vhost import serve
from i2cdrv.sim.vhost.server import accept, listening

from .back_end import FakeAdapter, Server, running
from .front_end import GET_FEATURES, GET_QUEUE_NUM

if TYPE_CHECKING:
    from pathlib import Path


def test_ends_with_the_front_end_and_removes_its_socket(server: Server) -> None:
    guest = server.guest().start()
    guest.sync()
    guest.sock.close()
    assert server.ended() is None
    assert not server.path.exists()


def test_leaving_without_reading_the_last_reply_is_no_error(server: Server) -> None:
    guest = server.guest()
    guest.send(GET_FEATURES)
    assert guest.sock.recv(1, socket.MSG_PEEK)
    guest.sock.close()
    assert server.ended() is None


@pytest.mark.parametrize("connected", [False, True])
def test_stop_ends_it(server: Server, connected: bool) -> None:
    if connected:
        server.guest().start().sync()
    server.stop.set()
    assert server.ended() is None
    assert not server.path.exists()


def test_a_server_without_a_front_end_wakes_up_ten_times_a_second(path: Path) -> None:
    class Stop(threading.Event):
        calls = 0

        def is_set(self) -> bool:
            self.calls += 1
            return self.calls > 3

    began = time.monotonic()
    with listening(path) as listener:
        assert accept(listener, Stop()) is None
    assert time.monotonic() - began >= 0.29


def test_the_next_front_end_may_come_after_a_good_or_a_broken_one(path: Path) -> None:
    with running(path, once=False) as server:
        for address in (0x48, 0x49, 0x4A):
            guest = server.guest().start()
            slot = guest.message(address, b"\0")
            guest.run()
            assert slot.status == 0
            if address == 0x49:
                guest.send(99)
                assert guest.sock.recv(1) == b""
            guest.sock.close()
        assert [messages[0].addr for messages in server.adapter.transfers] == [0x48, 0x49, 0x4A]
        assert server.reports == ["message type 99 belongs to a feature that was not offered"]
        assert server.path.exists()


def test_no_descriptor_is_left_open(path: Path) -> None:
    before = os.listdir("/proc/self/fd")  # noqa: PTH208
    with running(path, once=False) as server:
        guest = server.guest().start()
        guest.run()
        guest.sock.close()
        guest = server.guest()
        guest.send(GET_QUEUE_NUM, fds=[guest.memory] * 3)
        guest.reply(GET_QUEUE_NUM)
        socket.send_fds(guest.sock, [b"half"], [guest.memory])
        guest.sock.shutdown(socket.SHUT_WR)
        assert guest.sock.recv(1) == b""
    assert os.listdir("/proc/self/fd") == before  # noqa: PTH208


def test_the_socket_of_a_dead_process_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
        dead.listen()
    with running(path) as server:
        assert server.guest().u64(GET_QUEUE_NUM) == 1


def test_a_live_socket_is_refused_and_not_disturbed(server: Server) -> None:
    guest = server.guest()
    guest.sync()
    with pytest.raises(Busy, match=r"a running process listens on .*i2c\.sock"):
        serve(FakeAdapter(), server.path, threading.Event())
    guest.sync()
    assert server.path.exists()


def test_another_kind_of_file_is_refused_and_kept(path: Path) -> None:
    path.write_text("mine")
    with pytest.raises(Invalid, match="is not a socket"):
        serve(FakeAdapter(), path, threading.Event())
    assert path.read_text() == "mine"


@pytest.mark.parametrize("name", ["missing/i2c.sock", "x" * 120])
def test_a_path_that_cannot_be_bound_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(Error, match="cannot listen on"):
        serve(FakeAdapter(), tmp_path / name, threading.Event())


def test_an_adapter_without_plain_i2c_is_refused(path: Path) -> None:
    adapter = FakeAdapter()
    adapter.functionality = Functionality.SMBUS_EMUL
    with pytest.raises(NotSupported, match="fake has no plain I2C"):
        serve(adapter, path, threading.Event())
