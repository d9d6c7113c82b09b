"""The tests on a CPython without a GIL, which Debian does not package: built from its source once, and kept."""
