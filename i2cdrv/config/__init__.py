"""The configuration: the YAML file, and modules that load as modprobe loads them.

May import: core and the folders below it.
"""
