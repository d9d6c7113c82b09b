"""The tests in a machine that has booted, from installing the package to purging it."""
