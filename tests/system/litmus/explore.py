"""Every execution of a litmus test on a machine."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

from tests.system.litmus.declare import Litmus, Outcome, Registers, World, outcome
from tests.system.litmus.machine import Build, Machine, Op, Value
from tests.system.litmus.reorder import FENCES, SC, Model


class _Open:
    """In place of the value of a step which was not made."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


PENDING = _Open("pending")
FAILING = _Open("failing")
"""A cmpxchg which a later step has passed, as it may where it fails: so it must."""
OPEN = (PENDING, FAILING)

Entry = tuple[Op, Value]
Memory = dict[str, int]


class Move(NamedTuple):
    """A step that its process may make now."""

    at: int
    op: Op
    passes: tuple[int, ...]
    """Steps of cmpxchg which must fail for it."""
    must_fail: bool
    forwarded: bool
    """The value is ``value``, of a store that others do not see yet."""
    value: Value


class Local:
    """The steps of a process so far; equal ones are the same object."""

    def __init__(self, process: int, entries: tuple[Entry, ...], ended: bool) -> None:
        self.process, self.entries = process, entries
        self.done = ended and all(value not in OPEN for _, value in entries)
        self.failing = any(value is FAILING for _, value in entries)
        self.moves: tuple[Move, ...] = ()
        self.after: dict[tuple[Move, Value], Local] = {}


class Explored(NamedTuple):
    """``stuck``: states in which some process is not done and none can continue. ``values``: of each place, ever."""

    outcomes: list[Outcome]
    stuck: int
    states: int
    values: dict[str, set[Value]]


def changed(op: Op, old: Value) -> Value:
    """The memory after a step."""
    match op.kind:
        case "load":
            return old
        case "store" | "xchg":
            return op.value
        case "cmpxchg":
            return op.new if old == op.value else old
        case "fetch_add":
            assert isinstance(old, int)
            assert isinstance(op.value, int)
            return old + op.value
        case "lock":
            return 1
        case "unlock":
            return 0
    raise ValueError(op)


class Explorer:
    """The executions of ``test`` under ``model``; ``values``: the results of a load, from an SC exploration."""

    def __init__(
        self, test: Litmus, machine: Machine, world: World, model: Model, values: dict[str, set[Value]]
    ) -> None:
        self.test, self.machine, self.world, self.model, self.values = test, machine, world, model, values
        self.places = {name: index for index, name in enumerate(self.machine.initial)}
        self._locals: dict[tuple[int, tuple[Entry, ...]], Local] = {}
        self._next: dict[tuple[int, tuple[Value, ...]], Op | Registers] = {}

    # One process.
    def _run(self, process: int, script: tuple[Value, ...]) -> Op | Registers:
        key = (process, script)
        if key not in self._next:
            self._next[key] = self.machine.run(self.test.processes[process], self.world, script)
        return self._next[key]

    def _following(self, process: int, entries: tuple[Entry, ...]) -> Op | Registers | None:
        """The next step; None while it depends on one which was not made."""
        choices = [
            sorted(self.values[op.where], key=repr)
            if value in OPEN and op.kind not in ("store", "lock", "unlock", *FENCES)
            else (None if value in OPEN else value,)
            for op, value in entries
        ]
        found: Op | Registers | None = None
        for script in product(*choices):
            following = self._run(process, script)
            if isinstance(following, dict):
                following = {}
            if found is not None and following != found:
                return None
            found = following
        return found

    def _stays(self, earlier: Op, later: Op) -> bool:
        """Whether the order of the two is kept even if each that is a cmpxchg fails."""
        if self.model.failure_is_relaxed:
            earlier, later = _failed(earlier), _failed(later)
        return self.model.ordered(earlier, later)

    def local(self, process: int, entries: tuple[Entry, ...]) -> Local:
        """The state of a process, with the steps it can make; fences are made at once."""
        key = (process, entries)
        if key in self._locals:
            return self._locals[key]
        ended, whole = False, entries
        while not self._gated(whole):
            following = self._following(process, whole)
            if not isinstance(following, Op):
                ended = following is not None
                break
            whole += ((following, PENDING),)
        whole = self._without_fences(whole)
        if whole != entries:
            found = self.local(process, whole)
        else:
            found = Local(process, whole, ended)
            found.moves = tuple(self._moves(whole))
        self._locals[key] = found
        return found

    def _gated(self, entries: tuple[Entry, ...]) -> bool:
        """Whether nothing that follows could be made yet."""
        probes = (Op("load", "?"), Op("store", "?"))
        return any(value in OPEN and all(self._stays(op, probe) for probe in probes) for op, value in entries)

    def _without_fences(self, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        kept = list(entries)
        for index, (fence, value) in enumerate(kept):
            if value is PENDING and fence.kind in FENCES:
                before = [op for op, value in kept[:index] if value in OPEN]
                if not any(self.model.ordered(op, fence) for op in before):
                    kept[index] = (fence, None)
        return tuple(kept)

    def _moves(self, entries: tuple[Entry, ...]) -> list[Move]:
        found = []
        for index, (op, value) in enumerate(entries):
            if value in OPEN and op.kind not in FENCES:
                move = self._move(entries, index, op, must_fail=value is FAILING)
                if move:
                    found.append(move)
        return found

    def _move(self, entries: tuple[Entry, ...], index: int, op: Op, must_fail: bool) -> Move | None:
        passes, source = [], None
        for at, (earlier, value) in enumerate(entries[:index]):
            if value not in OPEN:
                continue
            if op.kind == "load" and earlier.where == op.where and earlier.kind == "store":
                source = earlier
            if not self.model.ordered(_failed(earlier) if value is FAILING else earlier, op):
                continue
            if self._stays(earlier, op):
                return None
            if op.kind == "cmpxchg" and not self.model.ordered(earlier, _failed(op)):
                must_fail = True
            elif earlier.kind == "cmpxchg" and not self.model.ordered(_failed(earlier), op):
                passes.append(at)
            else:
                return None
        return Move(index, op, tuple(passes), must_fail, source is not None, source.value if source else None)

    def _made(self, local: Local, move: Move, value: Value) -> Local:
        key = (move, value)
        if key not in local.after:
            entries = list(local.entries)
            entries[move.at] = (move.op, value)
            for at in move.passes:
                entries[at] = (entries[at][0], FAILING)
            local.after[key] = self.local(local.process, tuple(entries))
        return local.after[key]

    # All of them.
    def explore(self) -> Explored:
        start = (
            tuple(self.local(process, ()) for process in range(len(self.test.processes))),
            tuple(self.machine.initial.values()),
        )
        seen, todo, ends, stuck = {start}, [start], set(), 0
        while todo:
            state = todo.pop()
            locals_, memory = state
            went = False
            for process, local in enumerate(locals_):
                for move in local.moves:
                    place = self.places[move.op.where]
                    old = memory[place]
                    op = move.op
                    if (op.kind == "lock" and old) or (move.must_fail and old == op.value):
                        continue
                    new_memory = memory
                    value: Value = None
                    if op.kind == "load":
                        value = move.value if move.forwarded else old
                    else:
                        new = changed(op, old)
                        if new != old:
                            new_memory = (*memory[:place], new, *memory[place + 1 :])
                        if op.kind not in ("store", "lock", "unlock"):
                            value = old
                    made = self._made(local, move, value)
                    state = ((*locals_[:process], made, *locals_[process + 1 :]), new_memory)
                    went = True
                    if state not in seen:
                        seen.add(state)
                        todo.append(state)
            if not went:
                if all(local.done for local in locals_):
                    ends.add((locals_, memory))
                elif not any(local.failing for local in locals_):
                    stuck += 1
        values = {name: {memory[at] for _, memory in seen} for name, at in self.places.items()}
        unique = {tuple(sorted(found.items())): found for found in (self._outcome(*end) for end in ends)}
        return Explored(list(unique.values()), stuck, len(seen), values)

    def _outcome(self, locals_: tuple[Local, ...], memory: tuple[Value, ...]) -> dict[str, int]:
        read = []
        for local in locals_:
            registers = self._run(local.process, tuple(value for _, value in local.entries))
            assert isinstance(registers, dict)
            read.append(registers)
        final: Memory = {}
        for name in self.test.variables:
            value = memory[self.places[name]]
            if isinstance(value, int):
                final[name] = value
        return outcome(read, final)


def _failed(op: Op) -> Op:
    """A cmpxchg that fails is a load."""
    return Op("load", op.where) if op.kind == "cmpxchg" else op


def explore(test: Litmus, build: Build, model: Model) -> Explored:
    """Every outcome of ``test``, its world made by ``build``, under ``model``."""
    machine = Machine()
    world = build(test, machine)
    on_sc = Explorer(test, machine, world, SC, {}).explore()
    return on_sc if model is SC else Explorer(test, machine, world, model, on_sc.values).explore()
