"""Thousands of malformed calls: each is answered or hung up on, a refused call changes nothing, nothing leaks."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from .daemon import Service
from .odd import CHANGING, Message, Odd, methods
from .writers import CONFIG

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWER = 30.0  # s that a call may take on a machine that others use too
WARM = 0.2  # of all messages: after these the memory is looked at for the first time
GROWTH = 20_000  # KiB that it may have grown since
EACH = 100  # messages between two looks at the whole model
OWN = "org.varlink.service."
PLAIN = ("Log.", "Trace.Trace", "Watch.")  # endless streams, of which the first reply is enough


@dataclass
class Outcome:
    """Of all messages."""

    messages: int = 0
    replies: int = 0
    errors: int = 0
    hung_up: int = 0
    accepted: int = 0  # calls that may change something, and were taken
    memory: tuple[int, int] = (0, 0)  # KiB
    descriptors: tuple[int, int] = (0, 0)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.messages} messages: {self.replies} replies ({self.accepted} of methods that change something), "
            f"{self.errors} errors, {self.hung_up} hung up on; memory {self.memory[0]} KiB before, {self.memory[1]} "
            f"after; descriptors {self.descriptors[0]} before, {self.descriptors[1]} after"
        )


def run(messages: int, seed: int) -> Outcome:
    """The same messages for the same seed."""
    outcome = Outcome()
    with TemporaryDirectory(prefix="i2cdrv-service-") as home:
        service = Service(Path(home), CONFIG)
        try:
            service.start()
            _all(service, messages, seed, outcome)
        finally:
            service.end()
        outcome.wrong += service.mistakes()
    return outcome


def _all(service: Service, messages: int, seed: int, outcome: Outcome) -> None:
    odd, before = Odd(_known(service), seed), _model(service)
    accepted = 0
    with _Conversation(service) as conversation:
        for outcome.messages in range(1, messages + 1):
            _one(service, conversation, odd.message(), outcome)
            if outcome.messages % EACH == 0:
                now = _model(service)
                if now != before and outcome.accepted == accepted:
                    outcome.wrong.append(f"message {outcome.messages}: the model has changed:\n{before}\n{now}")
                before, accepted = now, outcome.accepted
            if outcome.messages == int(messages * WARM):
                outcome.memory, outcome.descriptors = (service.memory(), 0), (service.descriptors(), 0)
    runs = service.runs()
    if not service.until(lambda: service.runs() > runs):
        outcome.wrong.append("nothing is sampled any more")
    outcome.memory = outcome.memory[0], service.memory()
    closed = service.until(lambda: service.descriptors() <= outcome.descriptors[0])
    outcome.descriptors = outcome.descriptors[0], service.descriptors()
    if outcome.memory[1] > outcome.memory[0] + GROWTH:
        outcome.wrong.append(f"its memory grows: {outcome.memory}")
    if not closed:
        outcome.wrong.append(f"descriptors leak: {outcome.descriptors}")
    # accepted calls may have bound devices, and ended others
    if (claims := service.claims()) != (bound := _bound(service)):
        outcome.wrong.append(f"it has the locks of {sorted(claims)}, and {sorted(bound)} are bound")


def _known(service: Service) -> list[Any]:
    names = service.client.call(f"{OWN}GetInfo")["interfaces"]
    texts = {name: service.client.call(f"{OWN}GetInterfaceDescription", {"interface": name}) for name in names}
    return [method for name, text in texts.items() for method in methods(name, text["description"])]


def _model(service: Service) -> tuple[Any, ...]:
    """Return the state that refused calls may not change."""
    devices = service.call("Devices.ListDevices")["devices"]
    kept = [{key: value for key, value in one.items() if key not in ("reading", "state", "reason")} for one in devices]
    modules = service.call("Modules.ListModules")["modules"]
    parameters = {one["name"]: service.call("Modules.ShowParameters", module=one["name"]) for one in modules}
    missing = service.call("Daemon.Status")["missing"]
    return kept, modules, parameters, missing, service.call("Sim.ListFaults")["faults"], _kept(service)


def _bound(service: Service) -> set[str]:
    return {one["device"] for one in service.call("Devices.ListDevices")["devices"] if one.get("module")}


def _kept(service: Service) -> bytes:
    return service.state.read_bytes() if service.state.exists() else b""


def _one(service: Service, conversation: _Conversation, message: Message, outcome: Outcome) -> None:
    before = _kept(service)
    answer = conversation.say(message)
    if message.method.startswith("io.i2cdrv.") and any(plain in message.method for plain in PLAIN):
        conversation.begin()
    if answer is None:
        outcome.hung_up += 1
    elif "error" in answer:
        outcome.errors += 1
    else:
        outcome.replies += 1
    taken = answer is not None and "error" not in answer and message.method.rpartition(".")[2] in CHANGING
    outcome.accepted += taken
    if answer is not None and (why := _improper(answer)):
        outcome.wrong.append(f"{message.data[:300]!r} is answered {str(answer)[:500]}: {why}")
    if _kept(service) != before and not taken and message.whole and b"oneway" not in message.data:
        outcome.wrong.append(f"{message.data[:300]!r} has changed the state file, and is answered {str(answer)[:300]}")
    if service.ended:
        raise AssertionError(f"{message.data[:300]!r} ended the daemon: {service.said()[-2000:]}")


def _improper(answer: dict[str, Any]) -> str:
    """Messages that violate varlink or the interfaces."""
    if not isinstance(answer.get("parameters"), dict):
        return "no parameters"
    if "error" not in answer:
        return ""
    name, parameters = str(answer["error"]), answer["parameters"]
    if name.startswith(OWN):
        return ""
    if not name.endswith(".Error") or set(parameters) != {"errno", "name", "message"}:
        return "not an error of its interface"
    if not parameters["message"] or "by a mistake" in parameters["message"]:
        return "no answer for a person"
    return ""


class _Conversation:
    """One connection after the other, as the daemon hangs up."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._sock = socket.socket()

    def __enter__(self) -> _Conversation:
        self.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._sock.close()

    def begin(self) -> None:
        """A new one."""
        self._sock.close()
        self._sock = socket.socket(socket.AF_UNIX)
        self._sock.settimeout(ANSWER)
        self._sock.connect(str(self._service.client.path))

    def say(self, message: Message) -> dict[str, Any] | None:
        """The first answer; None if the daemon hangs up, or is not to answer."""
        try:
            with suppress(BrokenPipeError):  # it is too long already
                self._sock.sendall(message.data)
            if not message.whole or _oneway(message.data):
                self.begin()
                return None
            said = b"".join(self._replies())
        except ConnectionError:
            said = b""
        if not said:
            self.begin()
            return None
        found = json.loads(said)
        assert isinstance(found, dict)
        return found

    def _replies(self) -> Iterator[bytes]:
        while data := self._sock.recv(1 << 16):
            yield data.partition(b"\0")[0]
            if b"\0" in data:
                return


def _oneway(data: bytes) -> bool:
    with suppress(ValueError, RecursionError, AttributeError):
        return json.loads(data[:-1]).get("oneway") is True
    return False
