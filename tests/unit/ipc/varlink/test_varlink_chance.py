"""Calls, messages and noise made by chance: an orderly answer or an orderly end, and the next client is served."""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2cdrv.ipc.varlink import raw, text

from .desk import PATIENCE, Desk, Raw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

METHODS = ["Echo", "Fail", "Who", "Load", "Count", "Absent", "Nothing", "Crash", ""]
VALID = [
    b'{"method":"io.i2cdrv.Desk.Echo","parameters":{"text":"some text"}}\0',
    b'{"method":"io.i2cdrv.Desk.Count","parameters":{"to":3,"fail":false},"more":true}\0',
    b'{"method":"io.i2cdrv.Desk.Load","parameters":{"module":"lm75"},"oneway":true}\0',
    b'{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"io.i2cdrv.Desk"}}\0',
]
ECHO = b'{"method":"io.i2cdrv.Desk.Echo","parameters":{"text":"still here"}}\0'

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
parameters = st.dictionaries(
    st.sampled_from(["text", "to", "errno", "message", "module", "fail", "interface"]), json_values, max_size=3
)
calls = st.fixed_dictionaries(
    {},
    optional={
        "method": st.sampled_from([f"io.i2cdrv.Desk.{name}" for name in METHODS]) | json_values,
        "parameters": parameters | json_values,
        "more": st.booleans() | json_values,
        "oneway": st.booleans() | json_values,
        "upgrade": st.booleans() | json_values,
    },
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The path of one server for all that chance makes."""
    path = tmp_path_factory.mktemp("varlink") / "control"
    with Desk().server(path, message_bytes=4096):
        yield path


def converse(path: Path, data: bytes) -> list[bytes]:
    """All that comes back, message by message."""
    answers = []
    with Raw(path) as client:
        with suppress(ConnectionError):  # hung up on before all was sent
            client.say(data)
            client.sock.shutdown(socket.SHUT_WR)
        while answer := client.hear():
            answers.append(answer)
    return answers


def check(path: Path, data: bytes) -> None:
    for answer in converse(path, data):
        reply = json.loads(answer[:-1])
        assert reply.keys() <= {"parameters", "continues", "error"}
        assert isinstance(reply["parameters"], dict)
    assert converse(path, ECHO) == [b'{"parameters":{"text":"still here"}}\0']


@given(noise=st.lists(st.binary(max_size=60) | st.sampled_from(VALID), max_size=6))
def test_no_noise_does_harm(shared: Path, noise: list[bytes]) -> None:
    check(shared, b"".join(noise))


@given(messages=st.lists(calls | json_values, max_size=5))
def test_no_message_does_harm(shared: Path, messages: list[Any]) -> None:
    check(shared, b"".join(json.dumps(message).encode() + b"\0" for message in messages))


@given(data=st.data(), call=st.sampled_from(VALID))
def test_no_damage_to_a_call_does_harm(shared: Path, data: st.DataObject, call: bytes) -> None:
    start = data.draw(st.integers(0, len(call)))
    end = data.draw(st.integers(start, len(call)))
    check(shared, call[:start] + data.draw(st.binary(max_size=4)) + call[end:] + call)


@given(value=st.binary())
def test_any_bytes_are_text_and_back(value: bytes) -> None:
    assert raw(json.loads(json.dumps(text(value)))) == value


@pytest.mark.parametrize("seed", range(3))
def test_a_thousand_bad_messages_from_some_clients_at_once_while_another_is_served(shared: Path, seed: int) -> None:
    chance = random.Random(seed)

    def bad() -> bytes:
        call = bytearray(chance.choice(VALID))
        for _ in range(chance.randint(1, 3)):
            call[chance.randrange(len(call))] = chance.randrange(256)
        return bytes(call)

    clients = [threading.Thread(target=lambda: [converse(shared, bad() * 5) for _ in range(50)]) for _ in range(4)]
    for client in clients:
        client.start()
    end = time.monotonic() + PATIENCE
    while any(client.is_alive() for client in clients):
        assert converse(shared, ECHO) == [b'{"parameters":{"text":"still here"}}\0']
        assert time.monotonic() < end
    for client in clients:
        client.join()
