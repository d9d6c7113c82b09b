"""Channels that are computed from the measured ones: the formulas, their list, and the expressions that call them.

May import: driver and the folders below it.
"""
