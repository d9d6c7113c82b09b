"""Compile the kernel of User Mode Linux and the free-threaded CPython: ``python -m tests.system.prebuilt``.

CI does so beside its tests, which leave a processor idle for minutes.  A build that fails here is tried again, and
reported, where it is needed.
"""

from __future__ import annotations

from tests.system.freethreaded.__main__ import interpreter
from tests.system.vm.uml_kernel import kernel


def main() -> None:
    kernel()
    interpreter()


if __name__ == "__main__":
    main()
