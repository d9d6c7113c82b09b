"""Litmus tests in threads: many rounds, each with variables of its own, and a count of the outcomes.

The processes run through a batch of rounds from one barrier, each a little later than the other by chance, and meet
now and then; which of them is ahead changes where the interpreter switches, and all the time where there is no GIL.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

import i2cdrv.atomic
from i2cdrv.atomic import Atomic, AtomicI32, Relaxed
from tests.system.litmus.declare import Litmus, Outcome, Process, Registers, Variable, World, outcome
from tests.system.litmus.programs import ALL

MOST = max(len(test.processes) for test in ALL)
BATCH, STAGE = 1000, 100
"""Rounds that are prepared at once, and those after which processes meet again."""
STAGGER, PATIENCE = 300, 5000
"""Turns of a loop: by how many a process starts later than it could, and how many it waits for others, at most."""
SWITCH = 1e-6
STUCK = 60.0
"""Seconds that a batch may take."""

Make = Callable[[int], Variable]
Answer = list[Registers] | BaseException


class Stage(NamedTuple):
    """Rounds through which processes run without waiting; ``late``: by how many turns the last one comes."""

    worlds: Sequence[World]
    late: list[int]
    here: list[int]

    def meet(self, parties: int) -> int:
        """Wait for the others, for a while."""
        late = self.late.pop()
        self.here.append(late)
        for _ in range(PATIENCE):
            if len(self.here) == parties:
                break
        return late


class Job(NamedTuple):
    """One process of a batch."""

    process: Process
    stages: Sequence[Stage]
    barrier: threading.Barrier

    def run(self) -> Answer:
        process, read = self.process, []
        try:
            self.barrier.wait(STUCK)
            for stage in self.stages:
                late = stage.meet(self.barrier.parties)
                for _ in range(late):
                    pass
                read += [process(world) for world in stage.worlds]
        except BaseException as error:  # raised again by the waiting thread
            return error
        return read


class Seen(NamedTuple):
    """The count of each outcome, in ``rounds`` which took ``seconds`` with their preparation."""

    test: Litmus
    counts: Counter[tuple[tuple[str, int], ...]]
    rounds: int
    seconds: float

    def outcomes(self) -> list[Outcome]:
        return [dict(key) for key in self.counts]

    def count(self, of: Callable[[Outcome], bool]) -> int:
        return sum(count for key, count in self.counts.items() if of(dict(key)))

    def forbidden(self) -> int:
        """Rounds that ended as the kernel's model rules out."""
        return self.count(self.test.forbidden)


class Crew:
    """Threads which stay, one for each process of the largest test."""

    def __init__(self, make: Make = AtomicI32) -> None:
        self.make = make
        self._random = random.Random(1)
        self._jobs: list[SimpleQueue[Job | None]] = [SimpleQueue() for _ in range(MOST)]
        self._done: list[SimpleQueue[Answer]] = [SimpleQueue() for _ in range(MOST)]
        self._threads = [threading.Thread(target=self._work, args=(at,), daemon=True) for at in range(MOST)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        for jobs in self._jobs:
            jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self, at: int) -> None:
        while job := self._jobs[at].get():
            self._done[at].put(job.run())

    def batch(self, test: Litmus, rounds: int) -> Seen:
        """``rounds`` of the test, in one go."""
        start = time.perf_counter()
        worlds = [self._world(test) for _ in range(rounds)]
        stages = [
            Stage(worlds[at : at + STAGE], [self._random.randrange(STAGGER) for _ in test.processes], [])
            for at in range(0, rounds, STAGE)
        ]
        barrier = threading.Barrier(len(test.processes))
        for jobs, process in zip(self._jobs, test.processes, strict=False):
            jobs.put(Job(process, stages, barrier))
        answers = [self._answer(done) for done, _ in zip(self._done, test.processes, strict=False)]
        read = [_or_raise(answer) for answer in answers]
        names = [name for name, value in test.variables.items() if isinstance(value, int)]
        counts: Counter[tuple[tuple[str, int], ...]] = Counter()
        for world, *registers in zip(worlds, *read, strict=True):
            final = {name: getattr(world, name).load(Relaxed) for name in names}
            counts[tuple(outcome(registers, final).items())] += 1
        return Seen(test, counts, rounds, time.perf_counter() - start)

    def run(self, test: Litmus, rounds: int, until: Callable[[Seen], bool] = lambda _: False) -> Seen:
        """As many rounds in batches, or until enough is seen; meanwhile threads are switched as often as can be."""
        total = Seen(test, Counter(), 0, 0.0)
        before = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH)
        try:
            while total.rounds < rounds and not until(total):
                more = self.batch(test, min(BATCH, rounds - total.rounds))
                total.counts.update(more.counts)
                total = Seen(test, total.counts, total.rounds + more.rounds, total.seconds + more.seconds)
        finally:
            sys.setswitchinterval(before)
        return total

    def _answer(self, done: SimpleQueue[Answer]) -> Answer:
        try:
            return done.get(timeout=STUCK)
        except Empty:
            raise AssertionError("the processes wait for each other") from None

    def _world(self, test: Litmus) -> World:
        made: dict[str, Any] = {}
        for name, value in test.variables.items():
            made[name] = self.make(value) if isinstance(value, int) else Atomic(made[value])
        for name in test.locks:
            made[name] = threading.Lock()
        world = World()
        made["smp_mb"], made["smp_rmb"], made["smp_wmb"] = _FENCES
        vars(world).update(made)
        return world


def _or_raise(answer: Answer) -> list[Registers]:
    if isinstance(answer, BaseException):
        raise answer
    return answer


_FENCES = i2cdrv.atomic.smp_mb, i2cdrv.atomic.smp_rmb, i2cdrv.atomic.smp_wmb


@contextmanager
def crew(make: Make = AtomicI32) -> Iterator[Crew]:
    """A crew whose variables are made by ``make``."""
    there = Crew(make)
    try:
        yield there
    finally:
        there.close()
