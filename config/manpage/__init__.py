"""The man pages, generated from the texts of ``--help``: ``python -m config.manpage OUTDIR``.

From the ground up: ``roff`` (the language), ``words`` (bold and italic), ``overview`` (texts of the page of i2cdrv
itself), ``pages``.  This is a tool for packages, and no part of the installed program.
"""
