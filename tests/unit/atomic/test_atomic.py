"""Values and orderings, by the table of rust/kernel/sync/atomic.rs in Linux 6.18."""

from __future__ import annotations

import signal
import threading
from typing import Any

import pytest

from i2cdrv.atomic import (
    Acquire,
    Atomic,
    AtomicBool,
    AtomicI8,
    AtomicI16,
    AtomicI32,
    AtomicI64,
    AtomicU8,
    AtomicU16,
    AtomicU32,
    AtomicU64,
    Err,
    Full,
    Ok,
    Ordering,
    Relaxed,
    Release,
)

INTEGERS = {
    AtomicI8: (-128, 127),
    AtomicU8: (0, 255),
    AtomicI16: (-32768, 32767),
    AtomicU16: (0, 65535),
    AtomicI32: (-2147483648, 2147483647),
    AtomicU32: (0, 4294967295),
    AtomicI64: (-9223372036854775808, 9223372036854775807),
    AtomicU64: (0, 18446744073709551615),
}
MAY: dict[str, set[Ordering]] = {
    "load": {Relaxed, Acquire},
    "store": {Relaxed, Release},
    "add": {Relaxed},
    "fetch_add": set(Ordering),
    "xchg": set(Ordering),
    "cmpxchg": set(Ordering),
}
ARGUMENTS = {"load": (), "store": (1,), "add": (1,), "fetch_add": (1,), "xchg": (1,), "cmpxchg": (0, 1)}


class TestOrderings:
    @pytest.mark.parametrize("order", list(Ordering), ids=lambda order: order.value)
    @pytest.mark.parametrize("operation", list(MAY))
    def test_only_those_of_the_table_are_taken(self, operation: str, order: Ordering) -> None:
        number = AtomicI32(0)
        call: Any = getattr(number, operation)
        if order in MAY[operation]:
            call(*ARGUMENTS[operation], order)
        else:
            with pytest.raises(TypeError, match=f"{operation} with the ordering {order.value}: it can be "):
                call(*ARGUMENTS[operation], order)
            assert number.load(Relaxed) == 0, "nothing was done"

    @pytest.mark.parametrize("operation", list(MAY))
    def test_a_value_that_is_no_ordering_is_refused(self, operation: str) -> None:
        call: Any = getattr(AtomicI32(0), operation)
        with pytest.raises(TypeError, match="with the ordering 'Relaxed'"):
            call(*ARGUMENTS[operation], "Relaxed")

    @pytest.mark.parametrize("operation", ["load", "store", "xchg", "cmpxchg"])
    def test_references_have_the_same_rules(self, operation: str) -> None:
        for order in set(Ordering) - MAY[operation]:
            call: Any = getattr(Atomic(None), operation)
            with pytest.raises(TypeError, match="it can be"):
                call(*(None for _ in ARGUMENTS[operation]), order)

    def test_there_are_four(self) -> None:
        assert [order.value for order in Ordering] == ["Relaxed", "Acquire", "Release", "Full"]


@pytest.mark.parametrize(("kind", "limits"), INTEGERS.items(), ids=lambda value: getattr(value, "__name__", ""))
class TestIntegers:
    def test_sums_wrap(self, kind: type[AtomicI32], limits: tuple[int, int]) -> None:
        low, high = limits
        number = kind(high)
        assert number.fetch_add(1, Full) == high
        assert number.load(Relaxed) == low
        assert number.fetch_add(-1, Relaxed) == low
        assert number.load(Acquire) == high
        number.add(high - low, Relaxed)
        assert number.load(Relaxed) == high - 1, "2^n - 1 more is one less"

    def test_a_value_that_does_not_fit_is_refused(self, kind: type[AtomicI32], limits: tuple[int, int]) -> None:
        number = kind(1)
        for value in (limits[0] - 1, limits[1] + 1):
            for do in (
                lambda value=value: kind(value),
                lambda value=value: number.store(value, Relaxed),
                lambda value=value: number.xchg(value, Full),
                lambda value=value: number.cmpxchg(1, value, Full),
                lambda value=value: number.cmpxchg(value, 1, Full),
            ):
                with pytest.raises(OverflowError, match=f"{value} does not fit {kind.__name__}: {limits[0]} … "):
                    do()
        assert number.load(Relaxed) == 1

    def test_the_limits_fit(self, kind: type[AtomicI32], limits: tuple[int, int]) -> None:
        for value in limits:
            number = kind(value)
            number.store(value, Release)
            assert number.xchg(value, Acquire) == value


@pytest.mark.parametrize("value", [1.0, "1", None, True, b"1"])
def test_an_integer_is_an_int(value: Any) -> None:
    with pytest.raises(TypeError, match="is no int"):
        AtomicI32(value)
    with pytest.raises(TypeError, match="is no int"):
        AtomicI32(0).store(value, Relaxed)


@pytest.mark.parametrize("value", [0, 1, None, "True"])
def test_a_bool_is_a_bool(value: Any) -> None:
    with pytest.raises(TypeError, match="is no bool"):
        AtomicBool(value)
    with pytest.raises(TypeError, match="is no bool"):
        AtomicBool(False).xchg(value, Full)


class TestCompareExchange:
    def test_it_stores_where_the_value_is_the_old_one(self) -> None:
        number = AtomicU8(3)
        assert number.cmpxchg(3, 200, Full) == Ok(3)
        assert number.load(Relaxed) == 200

    def test_else_it_returns_the_current_value(self) -> None:
        number = AtomicU8(3)
        assert number.cmpxchg(4, 200, Full) == Err(3)
        assert number.load(Relaxed) == 3

    def test_the_answer_is_true_or_false(self) -> None:
        assert AtomicU8(0).cmpxchg(0, 1, Full)
        assert not AtomicU8(0).cmpxchg(1, 0, Full)

    def test_the_answers_can_be_matched(self) -> None:
        match AtomicU8(7).cmpxchg(0, 1, Relaxed):
            case Err(value):
                assert value == 7
            case Ok(value):
                pytest.fail(f"{value} was no 0")

    def test_integers_compare_by_value_references_by_identity(self) -> None:
        big, same = 10**9, int("1000000000")
        assert big is not same
        assert AtomicI32(big).cmpxchg(same, 1, Full)
        one, other = [1], [1]
        reference = Atomic(one)
        assert reference.cmpxchg(other, [], Full) == Err(one)
        assert reference.cmpxchg(one, other, Full)
        assert reference.load(Relaxed) is other


def test_exchange_returns_the_old_value() -> None:
    assert AtomicI16(-5).xchg(6, Full) == -5
    assert AtomicBool(True).xchg(False, Release) is True
    assert Atomic("a").xchg("b", Acquire) == "a"


def test_its_value_is_printed() -> None:
    assert repr(AtomicI8(-3)) == "AtomicI8(-3)"
    assert repr(Atomic(None)) == "Atomic(None)"


def test_a_finaliser_may_use_the_object_that_lets_it_go() -> None:
    heard: list[object] = []

    class Last:
        def __del__(self) -> None:
            heard.append(reference.xchg(None, Full))

    reference: Atomic[Last | None] = Atomic(Last())
    reference.store(None, Release)
    assert heard == [None]


def test_a_signal_handler_may_use_the_object_that_its_thread_is_changing() -> None:
    number = AtomicU64(0)
    rounds, heard = 20_000, 0

    def handler(signum: int, frame: object) -> None:
        nonlocal heard
        heard += 1
        number.fetch_add(1 << 32, Full)

    kept = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
    try:
        for _ in range(rounds):
            number.fetch_add(1, Full)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, kept)
    assert divmod(number.load(Acquire), 1 << 32) == (heard, rounds)
    assert heard


def test_no_sum_is_lost_between_threads() -> None:
    number = AtomicU32(0)

    def count() -> None:
        for _ in range(5_000):
            number.add(1, Relaxed)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert number.load(Acquire) == 20_000
