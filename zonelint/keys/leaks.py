"""Private keys in text of any kind, told by what it says and not by the name of the file.

Only where a key begins and of what kind it is leaves this module, never anything of the key itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

_CHUNK, _REACH = 1 << 22, 1 << 13
_HEAD = re.compile(
    rb"-----BEGIN (?P<label>(?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?)-----"
    rb"|(?P<bind>[Pp]rivate-[Kk]ey-[Ff]ormat: {0,8}v\d)"
)
# Between the first line and the key there may be line ends, as such or escaped (JSON, C), quotes, comment marks, and
# the header lines of an encrypted key.
_PEM_KEY = re.compile(
    rb"""(?:\s++|\\[nr]|["'+;,\#>|*]|//|[A-Z][A-Za-z-]{2,15}:[ ][^\n\\]{1,80})*+
    (?P<key>[A-Za-z0-9+/]{32})""",
    re.VERBOSE,
)
# each of these fields alone gives the key away; a key that is kept in an HSM has none of them
_BIND_KEY = re.compile(
    rb"""(?:[\n\r\t\ "']|\\[nrt])(?:PrivateKey|PrivateExponent|Prime[12]|Private_value\(x\)|GostAsn1|Key):
    [ \t]*(?P<key>[A-Za-z0-9+/]{20})""",
    re.VERBOSE | re.IGNORECASE,
)
_VARIETY = 8


class Leak(NamedTuple):
    """A private key in a text: the span of the words that announce it, and its kind in words."""

    start: int
    end: int
    kind: str


def private_keys(read: Callable[[int, int], bytes], size: int) -> Iterator[Leak]:
    """Give each private key of a text in order; `read(start, end)` gives its octets, `size` how many there are.

    Words that announce a key and have none behind them only speak of one.
    """
    beyond = 0
    for base in range(0, size, _CHUNK):
        text = read(base, base + _CHUNK + _REACH)
        heads = list(_HEAD.finditer(text))
        for number, head in enumerate(heads):
            # what begins beyond the chunk is found again, with all that follows
            if head.start() >= _CHUNK or base + head.start() < beyond:
                continue
            end = heads[number + 1].start() if number + 1 < len(heads) else len(text)
            beyond = base + head.end()
            if _has_key(text[head.end() : min(end, head.end() + _REACH)], is_pem=head["label"] is not None):
                label = head["label"]
                kind = f"in PEM form ({label.decode('ascii')})" if label else "as DNSSEC signers keep it"
                yield Leak(base + head.start(), base + head.end(), kind)


def _has_key(text: bytes, *, is_pem: bool) -> bool:
    """Tell whether a key follows; a row of the same letter is an example with the key left out."""
    found = _PEM_KEY.match(text) if is_pem else _BIND_KEY.search(text)
    return found is not None and len(set(found["key"])) >= _VARIETY
