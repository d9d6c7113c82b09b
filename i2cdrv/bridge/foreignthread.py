"""A thread for the code of a library; each transfer and each sleep is a request to the coroutine of its device.

The coroutine alone uses the bus.  The library may block and poll as it likes: while it computes or sleeps, the bus is
free.  A library that does not return in time is left: it is ended at its next request, or when it next runs Python.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from ..errors import Ejected, Error, NotSupported, TimedOut, named
from ..i2c.adapter import Functionality
from ..i2c.smbus import operation_of
from ..kthread import pywarnings
from ..kthread.completion import Completion
from ..kthread.step import eject
from ..kthread.watchdog import stop_runaway
from ..lib.clock import Wakeup
from ..lib.log.ratelimit import Ratelimit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..i2c.adapter import Message
    from ..i2c.client import Client

T = TypeVar("T")

EXIT_S = 0.5  # that a thread has to end before its device is initialized again

_here = threading.local()  # .thread: the ForeignThread whose library the present thread runs


class Transfer(NamedTuple):
    """A request for a transfer."""

    messages: Sequence[Message]


class Pause(NamedTuple):
    """A request for a sleep."""

    seconds: float


class Outcome(NamedTuple, Generic[T]):
    """The end of a piece of work.  ``text``: the type and the message of the error."""

    result: T | None
    error: BaseException | None
    text: str = ""


class Failed(Exception):
    """An exception of the library.

    ``text``: its type and message.  ``transfer``: the error of the last transfer, if that failed.
    """

    def __init__(self, text: str, transfer: Error | None) -> None:
        super().__init__()
        self.text, self.transfer = text, transfer


def current() -> ForeignThread | None:
    """Return the ForeignThread that the calling code runs in; None elsewhere."""
    return getattr(_here, "thread", None)


class ForeignThread:
    """The thread of one device's library.  ``modules``: the device's (``imports.Modules``)."""

    def __init__(self, client: Client, library: str, modules: Any = None) -> None:
        self.client, self._library, self.modules = client, library, modules
        self.printed = Ratelimit(client.adapter.clock, device=str(client))  # for the text that the library prints
        self._ended = False  # no request is answered any more
        self._is_at_work = False  # it runs the library's code
        self._work: deque[Callable[[], Any] | None] = deque()
        self._has_work, self._answered = Wakeup(), Wakeup()
        self._posted: deque[Transfer | Pause | Outcome[Any]] = deque()
        self._completion = Completion(holds_time=True)
        self._answer: Any = None
        self._thread = threading.Thread(target=self._run, name=f"foreign {client}", daemon=True)
        pywarnings.install()
        self._thread.start()

    # In the coroutine.

    async def run(self, work: Callable[[], T], limit: float) -> T:
        """Let the library work for at most ``limit`` s; serve its requests meanwhile.

        Errors: TimedOut if it does not return; Failed, from its exception.
        """
        end = self.client.adapter.clock.monotonic() + limit, time.monotonic() + limit
        self._work.append(work)
        self._has_work.set()
        failure: Error | None = None
        try:
            while not isinstance(request := await self._next(end, limit), Outcome):
                self._answer = await self._serve(request, end[0], limit)
                failure = self._answer if isinstance(self._answer, Error) else None
                self._answered.set()
        except BaseException:
            self.end()
            raise
        if request.error is not None:
            raise Failed(request.text, failure) from request.error
        return request.result  # type: ignore[return-value]  # no error: it is a T

    async def _next(self, end: tuple[float, float], limit: float) -> Transfer | Pause | Outcome[Any]:
        """Return the next request.  Raises TimedOut after the limit, in the time of the bus or of the machine."""
        clock = self.client.adapter.clock
        while True:
            left = end[0] - clock.monotonic()
            if left <= 0 or time.monotonic() >= end[1] + limit:
                raise self._late(limit)
            if self._posted:
                return self._posted.popleft()
            await self._completion.wait(left)

    def _late(self, limit: float) -> TimedOut:
        return TimedOut(f"{self.client}: {self._library} did not return within {limit:g} s")

    async def _serve(self, request: Transfer | Pause, end: float, limit: float) -> Any:
        if isinstance(request, Pause):
            left = end - self.client.adapter.clock.monotonic()
            await self.client.sleep(min(max(0.0, request.seconds), left))
            if request.seconds > left:  # it has not slept enough, so its value would be wrong
                raise self._late(limit)
            return None
        try:
            return transfer(self.client, request.messages)
        except Error as error:
            return error

    async def wait_ended(self) -> bool:
        """End the thread and wait for that; return False if it still runs."""
        self.end()
        while self._thread.is_alive():
            if not await self._completion.wait(EXIT_S):
                return not self._thread.is_alive()
        return True

    def end(self) -> None:
        """End the thread: between two pieces of work, at its next request, or when it next runs Python."""
        if self._ended:
            return
        self._ended = True
        self._work.append(None)
        self._has_work.set()
        self._answered.set()
        if self._is_at_work:
            eject(self._thread)
            threading.Thread(target=stop_runaway, args=(self._thread,), daemon=True).start()

    # In the thread of the library.

    def _run(self) -> None:
        _here.thread = self
        pywarnings.log_this_thread()
        with suppress(Ejected):  # it may be raised when the work has just ended
            with suppress(Ejected):
                self._do_work()
            self._completion.complete()

    def _do_work(self) -> None:
        while (work := self._next_work()) is not None:
            self._is_at_work = True
            outcome = _outcome(work)
            self._is_at_work = False
            self._post(outcome)

    def _next_work(self) -> Callable[[], Any] | None:
        while not self._work:
            self._has_work.wait()
        return self._work.popleft()

    def _post(self, request: Transfer | Pause | Outcome[Any]) -> None:
        self._posted.append(request)
        self._completion.complete()

    def ask(self, request: Transfer | Pause) -> Any:
        """Return the answer to a request of the library.  Raises Ejected if the library was left."""
        if self._ended:
            raise Ejected
        self._is_at_work = False
        self._post(request)
        self._answered.wait()
        self._is_at_work = True
        if self._ended:
            raise Ejected
        if isinstance(self._answer, Error):
            raise self._answer
        return self._answer


def transfer(client: Client, messages: Sequence[Message]) -> list[bytes]:
    """Do a transfer; on an adapter that only does SMBus, by the operation that has the same messages."""
    if any(message.addr != client.addr for message in messages):
        other = next(message.addr for message in messages if message.addr != client.addr)
        raise NotSupported(
            f"{client}: the library uses {other:#04x} as well; i2cdrv gives it one address: load it for a chip with one"
        )
    if Functionality.I2C in client.adapter.functionality:
        return client.transfer(messages)
    size, command, data = operation_of(messages)
    if isinstance(data, int):
        return [client.smbus_read_register(size, command, data)]
    client.smbus_write(size, command, data)
    return []


def _outcome(work: Callable[[], T]) -> Outcome[T]:
    try:
        return Outcome(work(), None)
    except Ejected:
        raise
    except BaseException as error:  # noqa: BLE001, RUF100  # SystemExit and KeyboardInterrupt are the library's, too
        return Outcome(None, error, named(error))  # its __str__ is the library's code
