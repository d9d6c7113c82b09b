"""Man pages, from the texts of ``--help``: ``python -m i2cdrv.cli.manpage OUTDIR``.

Rooms, from the ground up: ``roff`` (the language), ``words`` (what is bold or italic), ``overview`` (what only the page
of i2cdrv itself says), ``pages``.
"""
