"""Scripts, each for a fault of an earlier version: ``python -m tests.system.cases.NAME`` exits with 1 if it is back."""
