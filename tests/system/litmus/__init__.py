"""The kernel's litmus tests in the words of ``i2cdrv.atomic``: explored as models, and run in threads.

``programs`` has the tests, ``declare`` defines a test; ``explore`` enumerates their executions on a ``machine`` that
may ``reorder`` so much, with atomics that are instructions, an ``algorithm``, or the text of the ``package``;
``threads`` runs them for real, with ``python -m tests.system.litmus`` at length.
"""
