"""SeqLock, Refcount and SetOnce, by include/linux/{seqlock,refcount}.h and rust/kernel/sync/set_once.rs."""

from __future__ import annotations

import threading

import pytest

from i2cdrv.atomic import Refcount, SeqLock, SetOnce

MOST = 0x7FFF_FFFF
SATURATED = 0xC000_0000


class TestRefcount:
    @pytest.fixture
    def said(self) -> list[str]:
        return []

    def test_it_counts(self, said: list[str]) -> None:
        count = Refcount(1, said.append)
        count.inc()
        assert count.inc_not_zero()
        assert count.read() == 3
        count.dec()
        assert not count.dec_and_test()
        assert count.dec_and_test()
        assert count.read() == 0
        assert not count.inc_not_zero()
        assert not said

    def test_the_last_valid_count(self, said: list[str]) -> None:
        count = Refcount(MOST - 1, said.append)
        count.inc()
        assert count.read() == MOST
        assert not said

    def test_beyond_it_stays_saturated(self, said: list[str]) -> None:
        count = Refcount(MOST, said.append)
        count.inc()
        assert count.read() == SATURATED
        count.inc()
        count.dec()
        assert not count.dec_and_test()
        assert count.inc_not_zero()
        assert count.read() == SATURATED
        assert said == ["refcount_t: saturated; leaking memory."], "once"

    def test_inc_not_zero_saturates_too(self, said: list[str]) -> None:
        count = Refcount(MOST, said.append)
        assert count.inc_not_zero()
        assert count.read() == SATURATED
        assert said == ["refcount_t: saturated; leaking memory."]

    def test_one_more_than_none_is_a_use_after_free(self, said: list[str]) -> None:
        count = Refcount(0, said.append)
        count.inc()
        assert (count.read(), said) == (SATURATED, ["refcount_t: addition on 0; use-after-free."])

    def test_one_less_than_none_is_a_use_after_free(self, said: list[str]) -> None:
        count = Refcount(0, said.append)
        assert not count.dec_and_test()
        assert (count.read(), said) == (SATURATED, ["refcount_t: underflow; use-after-free."])

    @pytest.mark.parametrize("left", [1, 0])
    def test_dec_must_not_be_the_last(self, left: int, said: list[str]) -> None:
        count = Refcount(left, said.append)
        count.dec()
        assert (count.read(), said) == (SATURATED, ["refcount_t: decrement hit 0; leaking memory."])

    def test_a_saturated_count_is_never_the_last(self, said: list[str]) -> None:
        count = Refcount(0, said.append)
        count.inc()
        assert not any(count.dec_and_test() for _ in range(5))

    def test_without_a_handler_python_warns(self) -> None:
        with pytest.warns(RuntimeWarning, match="underflow; use-after-free"):
            Refcount(0).dec_and_test()

    def test_it_is_printed(self, said: list[str]) -> None:
        assert repr(Refcount(3)) == "Refcount(3)"
        count = Refcount(MOST, said.append)
        count.inc()
        assert repr(count) == "Refcount(0xc0000000)"

    def test_of_many_threads_one_is_the_last(self) -> None:
        threads, rounds = 4, 500
        last: list[int] = []
        for number in range(rounds // 50):
            count = Refcount(threads * 50)
            go = threading.Barrier(threads)

            def release(count: Refcount = count, go: threading.Barrier = go, number: int = number) -> None:
                go.wait()
                for _ in range(50):
                    if count.dec_and_test():
                        last.append(number)

            workers = [threading.Thread(target=release) for _ in range(threads)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
        assert last == list(range(rounds // 50))


class TestSetOnce:
    def test_it_is_empty_until_it_is_set(self) -> None:
        once: SetOnce[int] = SetOnce()
        assert once.as_ref() is None
        assert once.populate(5)
        assert once.as_ref() == 5

    def test_the_second_is_refused(self) -> None:
        once: SetOnce[int] = SetOnce()
        once.populate(5)
        assert not once.populate(6)
        assert once.as_ref() == 5

    def test_of_many_threads_one_sets_it(self) -> None:
        for _ in range(50):
            once: SetOnce[int] = SetOnce()
            go = threading.Barrier(4)
            won: list[int] = []

            def race(number: int, once: SetOnce[int] = once, go: threading.Barrier = go, won: list[int] = won) -> None:
                go.wait()
                if once.populate(number):
                    won.append(number)

            threads = [threading.Thread(target=race, args=(number,)) for number in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert won == [once.as_ref()]


class TestSeqLock:
    def test_a_value_without_writers_is_copied_once(self) -> None:
        copies: list[int] = []

        def copy() -> int:
            copies.append(1)
            return len(copies)

        assert SeqLock().read(copy) == 1

    def test_a_value_written_meanwhile_is_copied_again(self) -> None:
        lock, pair = SeqLock(), [0, 0]
        passes: list[int] = []

        def disturbed() -> tuple[int, int]:
            first = pair[0]
            if not passes:
                with lock:
                    pair[:] = [1, 1]
            passes.append(1)
            return first, pair[1]

        assert lock.read(disturbed) == (1, 1)
        assert len(passes) == 2

    def test_an_error_of_a_copy_of_half_written_values_is_dropped(self) -> None:
        lock, passes = SeqLock(), []

        def disturbed() -> str:
            passes.append(1)
            if len(passes) == 1:
                with lock:
                    pass
                raise IndexError
            return "whole"

        assert lock.read(disturbed) == "whole"

    def test_an_error_of_the_copy_itself_is_raised(self) -> None:
        with pytest.raises(ZeroDivisionError):
            SeqLock().read(lambda: 1 // 0)

    def test_a_reader_that_is_always_disturbed_takes_the_lock(self) -> None:
        lock, passes = SeqLock(), []

        def disturbed() -> int:
            passes.append(1)
            writer = threading.Thread(target=write)
            writer.start()
            writer.join(0.01 if len(passes) > 8 else None)  # now it must wait for us
            return len(passes)

        def write() -> None:
            with lock:
                pass

        assert lock.read(disturbed) == 9

    def test_a_writer_that_fails_leaves_nothing_locked(self) -> None:
        lock = SeqLock()
        with pytest.raises(ZeroDivisionError), lock:
            _ = 1 // 0
        assert lock.read(lambda: 3) == 3

    def test_readers_never_see_half_of_it(self) -> None:
        lock, pair, torn = SeqLock(), [0, 0], []
        done = threading.Event()

        def read() -> None:
            while not done.is_set():
                first, second = lock.read(lambda: (pair[0], pair[1]))
                if first != second:
                    torn.append((first, second))

        readers = [threading.Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        for number in range(3_000):
            with lock:
                pair[0] = number
                pair[1] = number
        done.set()
        for reader in readers:
            reader.join()
        assert not torn
