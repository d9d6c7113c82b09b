"""Real kernels for the tests that need one: ``python -m tests.vm [pi|stub|virtio …]``, ``make vm``.

Host side (this folder): caches, builds and boots. Guest side (``guest/``): what pytest runs in there.
"""
