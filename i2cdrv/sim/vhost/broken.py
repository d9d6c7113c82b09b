"""The two ways a conversation with a front end ends early."""

from __future__ import annotations

import errno

from ...errors import Error


class Broken(Error):
    """The front end broke the protocol, or its guest the ring: nothing it says can be trusted any more (EPROTO)."""

    number = errno.EPROTO


class Gone(Error):
    """The front end hung up (ECONNRESET): the ordinary end."""

    number = errno.ECONNRESET
