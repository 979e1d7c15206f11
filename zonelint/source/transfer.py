"""Text that dig prints for a zone transfer (RFC 5936)."""

from __future__ import annotations

import re

_TRANSFER = re.compile(rb"^; (?:<<>> DiG|Transfer failed)|^;; (?:global options|Query time|XFR size)", re.MULTILINE)
_FAILED = re.compile(rb"^; Transfer failed", re.MULTILINE)


def looks_like_transfer(text: bytes) -> bool:
    """Tell whether the text is what dig prints for a zone transfer."""
    return _TRANSFER.search(text) is not None


def failed_transfer(text: bytes) -> int | None:
    """Give the offset of the line with which dig says that the transfer failed."""
    found = _FAILED.search(text)
    return found.start() if found else None
