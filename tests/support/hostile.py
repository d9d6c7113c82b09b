"""A server with any answers that a test needs: of an older or newer version, a broken one, or an attacker."""

from __future__ import annotations

import json
import socket
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import TracebackType

    Answer = Callable[[str], Iterable[bytes]]  # the messages for a method; the connection then ends


class Hostile:
    """Answers the calls that came together on a socket with the messages of a function; then it hangs up."""

    def __init__(self, path: Path, answer: Answer) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._answer = answer
        self._sock = socket.socket(socket.AF_UNIX)
        self._sock.bind(str(path))
        self._sock.listen(32)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Hostile:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sock.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._sock.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._sock.accept()
            except OSError:
                return
            with client:
                self._answer_one(client)

    def _answer_one(self, client: socket.socket) -> None:
        inbox = b""
        while not inbox.endswith(b"\0"):
            data = client.recv(1 << 16)
            if not data:
                return
            inbox += data
        methods = [json.loads(call)["method"] for call in inbox[:-1].split(b"\0")]
        try:
            for message in (message for method in methods for message in self._answer(method)):
                client.sendall(message + b"\0")
        except OSError:  # the client hung up
            pass


def replies(parameters: list[dict[str, Any]]) -> list[bytes]:
    """The messages of a method that answers these, one after the other."""
    last = len(parameters) - 1
    return [
        json.dumps({"parameters": one, "continues": number < last}).encode() for number, one in enumerate(parameters)
    ]
