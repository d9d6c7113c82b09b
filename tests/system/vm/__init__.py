"""Real kernels for the tests that need one: ``python -m tests.system.vm [MACHINE …]``, ``make vm``.

Host side (this folder): caches, builds and boots. Guest side (``guest/``): the tests that pytest runs there.
It takes an x86-64 machine with Debian's apt, 4 GB of disk while the kernel is built and 1 GB in /dev/shm; no root.
"""
