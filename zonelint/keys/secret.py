"""Which source lines must never reach a report, a log or a terminal: they may hold private key material."""

from __future__ import annotations

import re

_FIELD = re.compile(
    rb"^\s*(?:private(?:key|exponent|_value\(x\))|prime|exponent|coefficient|key|gostasn1|secret)[12]?\s*:"
    rb"|PRIVATE KEY",
    re.IGNORECASE | re.MULTILINE,
)


def may_show(file: str, text: str) -> bool:
    """Tell whether the source text of a place may be shown to a reader.

    False for everything in a `.private` file and, wherever it stands (a private key copied to the wrong name,
    given as a zone or as a DS file), for text with a field that holds a secret.
    """
    return not file.lower().endswith(".private") and not _FIELD.search(text.encode("utf-8", "replace"))
