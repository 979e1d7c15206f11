"""Private keys in text of any kind, told by what it says and not by the name of the file.

Only where a key begins and of what kind it is leaves this module, never anything of the key itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

_CHUNK, _OVERLAP = 1 << 22, 1 << 14

# Between the first line and the key there may be line ends, as such or escaped (JSON, C), quotes, comment marks,
# and header lines of an encrypted key. Without so much of a key behind it the line is only spoken of.
_PEM = re.compile(
    rb"""-----BEGIN[ ](?P<label>(?:[A-Z0-9]{1,12}[ ]){0,3}PRIVATE[ ]KEY(?:[ ]BLOCK)?)-----
    (?:\s|\\[nr]|["'+;,\#>|*]|//|[A-Z][A-Za-z-]{2,15}:[ ][^\n\\]{1,80})*
    [A-Za-z0-9+/]{32}""",
    re.VERBOSE,
)
# the fields of which each alone gives the key away; a key in an HSM has none of them
_BIND = re.compile(
    rb"""^[ \t]*(?P<label>Private-key-format:[ \t]*v\d)[^\n]*\n
    (?:[ \t]*[A-Za-z][^\n:]{0,40}:[^\n]*\n){0,20}?
    [ \t]*(?:PrivateKey|PrivateExponent|Prime[12]|Private_value\(x\)|GostAsn1|Key):[ \t]*[A-Za-z0-9+/]{8}""",
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)


class Leak(NamedTuple):
    """A private key in a text: the span of the line that announces it, and its kind in words."""

    start: int
    end: int
    kind: str


def private_keys(read: Callable[[int, int], bytes], size: int) -> Iterator[Leak]:
    """Give each private key of a text in order; `read(start, end)` gives its octets, `size` how many there are."""
    beyond = 0
    for at in range(0, size, _CHUNK):
        text = read(at, at + _CHUNK + _OVERLAP)
        found = [_leak(match, at) for pattern in (_PEM, _BIND) for match in pattern.finditer(text)]
        for leak in sorted(found):
            # what begins in the overlap is found again, whole, in the next part
            if beyond <= leak.start < at + _CHUNK:
                beyond = leak.end
                yield leak


def _leak(found: re.Match[bytes], at: int) -> Leak:
    label = found["label"]
    kind = f"in PEM form ({label.decode('ascii')})" if found.re is _PEM else "as DNSSEC signers keep it"
    return Leak(at + found.start("label"), at + found.end("label"), kind)
