"""The powers of clients over the server, and their bounds: limits, permission, the path, stop."""

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
import signal
import socket
import stat
import tempfile
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from i2cdrv.errors import Busy, Error, Invalid
from i2cdrv.ipc.varlink import Client, Interface, NoServer, Server
from tests.support.waiting import until

from .desk import DESK, PATIENCE, TEXT, Desk, Raw
from .someone import NOBODY, as_nobody, needs_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ECHO = b'{"method":"io.i2cdrv.Desk.Echo","parameters":{"text":"%s"}}\0'
FLOOD = b'{"method":"io.i2cdrv.Desk.Flood","parameters":{"size":1000},"more":true}\0'
FOLLOW = b'{"method":"io.i2cdrv.Desk.Follow","more":true}\0'
CHANGE = b'{"method":"io.i2cdrv.Desk.Change"}\0'
WAIT = b'{"method":"io.i2cdrv.Desk.Wait"}\0'
SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A path that other users can reach."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name) / "control"


def is_served(path: Path) -> bool:
    return Client(path, PATIENCE).call(f"{DESK}.Echo", {"text": "x"}) == {"text": "x"}


def until_hung_up_on(act: Callable[[], object], pause: float = 0) -> int:
    """Do it again and again; how often it was possible."""
    end = time.monotonic() + PATIENCE
    count = 0
    try:
        while time.monotonic() < end:
            act()
            count += 1
            time.sleep(pause)
    except ConnectionError:
        return count
    pytest.fail("the server never hung up")


# Clients that do harm.


def test_a_message_of_the_greatest_length_is_served_and_one_byte_more_is_not(desk: Desk, path: Path) -> None:
    with desk.server(path, message_bytes=1000), Raw(path) as raw:
        text = b"x" * (1000 - len(ECHO % b"") + 1)
        assert raw.ask(ECHO % text) == {"parameters": {"text": text.decode()}}
        raw.say(ECHO % (text + b"x"))
        assert raw.hear() == b""
        assert is_served(path)


def test_a_message_without_end_is_not_collected(desk: Desk, path: Path) -> None:
    with desk.server(path, message_bytes=100_000), Raw(path) as raw:
        sent = until_hung_up_on(lambda: raw.sock.send(b"[" * 65536))
        assert sent < 30  # of 64 KiB: the capacity of the limit and the kernel's buffers
        assert is_served(path)


def test_half_a_message_is_waited_for_only_so_long(desk: Desk, path: Path) -> None:
    """From its first byte on: to send one more now and then does not help."""
    with desk.server(path, timeout_s=0.05), Raw(path) as slow, Raw(path) as idle:
        began = time.monotonic()
        until_hung_up_on(lambda: slow.say(b"{"), pause=0.005)
        assert time.monotonic() - began >= 0.05
        assert idle.ask(ECHO % b"I said nothing") == {"parameters": {"text": "I said nothing"}}


def test_half_a_message_behind_a_long_call_has_its_own_time(desk: Desk, path: Path) -> None:
    with desk.server(path, timeout_s=0.2), Raw(path) as raw:
        raw.say(WAIT, (ECHO % b"x")[:10])
        assert desk.waiting.acquire(timeout=PATIENCE)
        time.sleep(0.25)
        desk.go.set()
        assert b"done" in raw.hear()
        raw.say((ECHO % b"x")[10:])
        assert raw.hear() == b'{"parameters":{"text":"x"}}\0'


def test_a_client_that_never_reads_its_stream_is_dropped(
    desk: Desk, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with desk.server(path, timeout_s=0.05, backlog_bytes=50_000), Raw(path) as raw:
        raw.say(FLOOD)
        assert desk.ended.wait(PATIENCE)
        assert desk.sent < 2000  # 50 of 1 kB, and the capacity of the kernel's buffer
        assert is_served(path)
    said = capsys.readouterr().err
    assert f"pid={os.getpid()}" in said
    assert "bytes not read for 0.05 s" in said


def test_a_client_that_never_reads_its_answers_is_dropped(desk: Desk, path: Path) -> None:
    with desk.server(path, timeout_s=0.05, backlog_bytes=50_000), Raw(path) as raw:
        until_hung_up_on(lambda: raw.say(ECHO % (b"x" * 10_000)))
        assert is_served(path)


def test_a_slow_reader_gets_all_of_a_stream_that_is_longer_than_its_queue(desk: Desk, path: Path) -> None:
    with desk.server(path, backlog_bytes=1000):
        numbers = []
        for reply in Client(path).stream(f"{DESK}.Count", {"to": 2000}):
            numbers.append(reply["number"])
            if len(numbers) % 500 == 0:
                time.sleep(0.01)
        assert numbers == list(range(2000))


def test_a_client_that_reads_slowly_but_reads_is_not_dropped(desk: Desk, path: Path) -> None:
    """There is always something it has not read, but the kernel's buffer (208 KiB) moves within the time."""
    with desk.server(path, timeout_s=0.3), Raw(path) as raw:
        raw.say(FLOOD.replace(b"1000", b"9000000"))  # the first reply takes longer than that
        end = time.monotonic() + 0.6
        while time.monotonic() < end:
            assert raw.sock.recv(32768)
            time.sleep(0.01)
        assert not desk.ended.is_set()


@pytest.mark.parametrize("first", [WAIT, FLOOD, ECHO % (b"x" * 60_000)])
def test_calls_that_must_wait_are_not_collected(desk: Desk, path: Path, first: bytes) -> None:
    """Behind a call that takes long, and of a client that does not read: they stay with the sender."""
    with desk.server(path, backlog_bytes=1000), Raw(path) as raw:
        raw.say(first)
        raw.sock.settimeout(0.05)
        call, sent = ECHO % (b"x" * 50_000), 0
        with suppress(TimeoutError):
            while sent < 50_000_000:
                sent += raw.sock.send(call[sent % len(call) :])
        assert sent < 2_000_000  # the capacity of the kernel's buffers, both ways
        desk.go.set()


def test_clients_cannot_fill_the_log(desk: Desk, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with desk.server(path):
        for _ in range(100):
            with Raw(path) as raw:
                raw.say(b"nonsense\0")
                assert raw.hear() == b""
    assert capsys.readouterr().err.count("\n") == 1


def test_two_hundred_clients_at_once(desk: Desk, path: Path) -> None:
    with desk.server(path):
        raws = [Raw(path) for _ in range(200)]
        for number, raw in enumerate(raws):
            raw.say(ECHO % b"%d" % number)
        for number, raw in enumerate(raws):
            assert raw.hear() == b'{"parameters":{"text":"%d"}}\0' % number
            raw.sock.close()


def test_handlers_that_take_long_hold_up_no_more_than_their_own_threads(desk: Desk, path: Path) -> None:
    with desk.server(path, workers=3):
        raws = [Raw(path) for _ in range(2)]
        for raw in raws:
            raw.say(WAIT)
            assert desk.waiting.acquire(timeout=PATIENCE)
        assert is_served(path)
        desk.go.set()
        for raw in raws:
            assert raw.hear() == b'{"parameters":{"word":"done"}}\0'
            raw.sock.close()


def test_a_read_only_client_does_not_wait_for_changes(desk: Desk, path: Path) -> None:
    with desk.server(path, workers=1):
        raws = [Raw(path) for _ in range(20)]
        for raw in raws:
            raw.say(CHANGE)
        assert desk.waiting.acquire(timeout=PATIENCE)
        assert is_served(path)
        desk.go.set()
        for raw in raws:
            assert raw.hear() == b'{"parameters":{"word":"done"}}\0'
            raw.sock.close()


def test_a_hundred_programs_follow_at_once(desk: Desk, path: Path) -> None:
    with desk.server(path):
        raws = [Raw(path) for _ in range(100)]
        for raw in raws:
            raw.say(FOLLOW)
            assert desk.waiting.acquire(timeout=PATIENCE)
        for raw in raws:
            raw.sock.close()


def test_streams_need_no_thread_of_the_calls_and_have_their_own_limit(desk: Desk, path: Path) -> None:
    with desk.server(path, workers=1, streams=2):
        raws = [Raw(path) for _ in range(2)]
        for raw in raws:
            raw.say(FOLLOW)
            assert desk.waiting.acquire(timeout=PATIENCE)
        with pytest.raises(Busy, match="2 streams are open already"):
            next(Client(path).stream(f"{DESK}.Follow"))
        assert is_served(path)
        raws[0].sock.close()
        assert desk.ended.wait(PATIENCE)

        def has_room() -> bool:
            try:
                return list(Client(path).stream(f"{DESK}.Count", {"to": 2})) == [{"number": 0}, {"number": 1}]
            except Busy:
                return False

        until(has_room)
        raws[1].sock.close()


def test_a_handler_is_notified_when_its_client_hangs_up(desk: Desk, server: Server, path: Path) -> None:
    with Raw(path) as raw:
        raw.say(FOLLOW)
        assert desk.waiting.acquire(timeout=PATIENCE)
        assert not desk.ended.is_set()
    assert desk.ended.wait(PATIENCE)


def test_clients_beyond_the_limit_are_turned_away_unless_they_may_change_things(
    desk: Desk, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("i2cdrv.ipc.varlink.server.RESERVED_CLIENTS", 1)
    with desk.server(path, clients=2):
        raws = [Raw(path) for _ in range(3)]
        assert [raw.ask(ECHO % b"x") for raw in raws] == [{"parameters": {"text": "x"}}] * 3
        with Raw(path) as one_more:
            assert one_more.hear() == b""
        raws.pop().sock.close()
        until(lambda: _is_taken(path))
        for raw in raws:
            raw.sock.close()


def _is_taken(path: Path) -> bool:
    with Raw(path) as raw:
        try:
            raw.say(ECHO % b"x")
        except ConnectionError:
            return False
        return raw.hear() != b""


def test_without_a_descriptor_left_clients_wait_for_one(
    desk: Desk, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("i2cdrv.ipc.varlink.server.ACCEPT_PAUSE_S", 0.01)
    refusals = [OSError(errno.EMFILE, "Too many open files")] * 2
    with desk.server(path) as server:

        class Listener:
            """The server's, out of descriptors for two attempts."""

            def __init__(self, sock: socket.socket) -> None:
                self.sock = sock

            def accept(self) -> object:
                if refusals:
                    raise refusals.pop()
                return self.sock.accept()

            def __getattr__(self, name: str) -> object:
                return getattr(self.sock, name)

        monkeypatch.setattr(server._address, "sock", Listener(server._address.sock))
        assert is_served(path)
    assert refusals == []
    assert capsys.readouterr().err.count("Too many open files") == 2


# The permissions of clients.


def test_the_kernel_identifies_the_client(server: Server, path: Path) -> None:
    assert Client(path).call(f"{DESK}.Who") == {
        "pid": os.getpid(),
        "uid": os.geteuid(),
        "gid": os.getegid(),
        "may_change": True,
    }


@needs_root
def test_another_user_reads_and_does_not_change(desk: Desk, open_path: Path) -> None:
    with Server(open_path, [desk.interface], mode=0o666):
        client = Client(open_path)
        who = as_nobody(lambda: client.call(f"{DESK}.Who"))
        assert (who["uid"], who["may_change"]) == (NOBODY, False)
        refused = as_nobody(lambda: client.call(f"{DESK}.Load", {"module": "lm75"}))
        assert isinstance(refused, Error)
        assert refused.errno == errno.EPERM
        assert "sudo" in refused.message
        assert desk.loaded == []
        client.call(f"{DESK}.Load", {"module": "lm75"})
        assert desk.loaded == ["lm75"]


@needs_root
def test_a_client_outside_the_group_cannot_even_connect(desk: Desk, open_path: Path) -> None:
    with Server(open_path, [desk.interface], group=1):
        refused = as_nobody(lambda: Client(open_path).call(f"{DESK}.Who"))
        assert isinstance(refused, Error)
        assert refused.errno == errno.EACCES
        assert "usermod -aG daemon" in refused.message  # group 1 of every Debian
        assert str(open_path) in refused.message


def test_mode_and_group_of_the_socket(desk: Desk, path: Path) -> None:
    with desk.server(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
    with Server(path, [desk.interface], mode=0o600, group=os.getegid()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.stat().st_gid == os.getegid()


# The path.


def test_a_second_server_is_refused_with_the_holder_of_the_path(server: Server, desk: Desk, path: Path) -> None:
    with pytest.raises(Busy, match=f"process {os.getpid()} serves {path}"):
        desk.server(path).start()
    assert is_served(path)


def test_a_live_socket_of_another_program_is_left_alone(desk: Desk, path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen(0)
        with pytest.raises(Busy, match=f"process {os.getpid()} serves"):
            desk.server(path).start()
        with pytest.raises(Busy, match="another process serves"):  # its queue is full now, it does not even answer
            desk.server(path).start()
        assert path.is_socket()


def test_while_another_server_is_about_to_listen_the_path_is_taken(desk: Desk, path: Path) -> None:
    """Two that find the same dead socket do not both replace it."""
    with path.with_name("control.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        with pytest.raises(Busy, match="another process serves"):
            desk.server(path).start()
    with desk.server(path):
        assert is_served(path)


def test_another_kind_of_file_is_left_alone(desk: Desk, path: Path) -> None:
    path.write_text("precious")
    with pytest.raises(Invalid, match="is not a socket"):
        desk.server(path).start()
    assert path.read_text() == "precious"


@pytest.mark.parametrize("place", ["missing/control", "x" * 200])
def test_a_path_that_cannot_be_used(desk: Desk, tmp_path: Path, place: str) -> None:
    with pytest.raises(Error, match="cannot listen on"):
        desk.server(tmp_path / place).start()


def test_stop_removes_the_socket_and_the_next_server_has_the_path(desk: Desk, path: Path) -> None:
    for _ in range(3):
        with desk.server(path):
            assert is_served(path)
        assert not path.exists()


def serve(path: str, ready: Connection) -> None:
    """A server in another process, until it is killed."""
    desk = Desk()
    desk.server(Path(path)).start()
    ready.send("ready")
    signal.pause()


def test_the_socket_of_a_killed_server_is_replaced_and_a_live_one_is_not(desk: Desk, path: Path) -> None:
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=serve, args=(str(path), theirs))
    process.start()
    assert ours.poll(PATIENCE)
    try:
        with pytest.raises(Busy, match=f"process {process.pid} serves"):
            desk.server(path).start()
        assert is_served(path)
    finally:
        process.kill()
        process.join()
    assert path.is_socket()
    with pytest.raises(NoServer, match="is gone"):
        is_served(path)
    with desk.server(path):
        assert is_served(path)


# Stop.


def test_stop_waits_for_a_running_call_and_its_answer_is_sent(desk: Desk, path: Path) -> None:
    server = desk.server(path)
    server.start()
    with Raw(path) as raw:
        raw.say(WAIT)
        assert desk.waiting.acquire(timeout=PATIENCE)
        stopper = threading.Thread(target=server.stop, args=(PATIENCE,))
        stopper.start()
        until(lambda: not path.exists())
        desk.go.set()
        assert raw.hear() == b'{"parameters":{"word":"done"}}\0'
        assert raw.hear() == b""
        stopper.join()


def test_stop_waits_only_a_limited_time_for_a_call_that_hangs(
    desk: Desk, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = desk.server(path)
    server.start()
    with Raw(path) as raw:
        raw.say(WAIT)
        assert desk.waiting.acquire(timeout=PATIENCE)
        began = time.monotonic()
        server.stop(0.05)
        assert time.monotonic() - began < 1
        assert raw.hear() == b""
        assert not path.exists()
    assert "calls=1" in capsys.readouterr().err
    desk.go.set()  # a later reply is dropped, and does no harm


def test_stop_ends_streams_with_a_last_reply(desk: Desk, path: Path) -> None:
    server = desk.server(path)
    server.start()
    with Raw(path) as raw:
        raw.say(FOLLOW)
        assert desk.waiting.acquire(timeout=PATIENCE)
        server.stop(PATIENCE)
        assert raw.hear() == b'{"parameters":{"number":0},"continues":true}\0'
        assert raw.hear() == b'{"parameters":{}}\0'
        assert raw.hear() == b""


def test_stop_ends_an_endless_stream_whose_client_does_not_read(desk: Desk, path: Path) -> None:
    server = desk.server(path, backlog_bytes=10_000)
    server.start()
    with Raw(path) as raw:
        raw.say(FLOOD)
        until(lambda: desk.sent > 10)
        server.stop(PATIENCE)
        assert desk.ended.is_set()


def test_no_thread_is_left_and_stopping_twice_is_no_matter(desk: Desk, path: Path) -> None:
    before = threading.active_count()
    server = desk.server(path)
    server.start()
    assert is_served(path)
    server.stop(PATIENCE)
    server.stop(PATIENCE)
    assert threading.active_count() == before


def test_a_fault_in_the_server_itself_ends_one_connection(desk: Desk, path: Path) -> None:
    """No error of a handler reaches the selector thread; after an error of the server itself, others continue."""
    with desk.server(path) as server, Raw(path) as raw, Raw(path) as other:
        assert other.ask(ECHO % b"1") == {"parameters": {"text": "1"}}
        until(lambda: len(server._connections) == 2)
        first = min(server._connections)
        server._connections[first].next_message = None  # type: ignore[method-assign, assignment]
        raw.say(ECHO % b"x")
        assert raw.hear() == b""
        assert other.ask(ECHO % b"2") == {"parameters": {"text": "2"}}


def test_a_text_that_changes_nothing_about_the_handlers_is_published_as_it_is(path: Path) -> None:
    text = TEXT + "# the end\n"
    with Server(path, [Interface(text)]):
        call = Client(path).call("org.varlink.service.GetInterfaceDescription", {"interface": DESK})
        assert call == {"description": text}
