"""Other people's code judges our drivers and simulated chips: ``make verify``, with the rows of ``tests/oracles``."""
