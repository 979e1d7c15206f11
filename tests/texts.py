"""Zone texts for property tests: mostly right, often nearly right, sometimes nothing of the kind."""

from __future__ import annotations

import base64
import os
import re

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

Octets = st.SearchStrategy[bytes]

FACTOR = int(os.environ.get("ZONELINT_EXAMPLES", "1"))
"""How many times as many examples are tried, other ones at each run; with 1 they are always the same."""


def examples(count: int) -> settings:
    """Try so many examples."""
    return settings(
        max_examples=count * FACTOR,
        derandomize=FACTOR == 1,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def words(*fields: Octets) -> Octets:
    """Put one blank between the fields."""
    return st.tuples(*fields).map(b" ".join)


def _any_of(text: str, *more: bytes) -> Octets:
    """Choose one of the words of a text, or of `more`."""
    return st.sampled_from([*text.encode("latin-1").split(), *more])


def _decimal(low: int, high: int) -> Octets:
    return st.integers(low, high).map(lambda number: b"%d" % number)


# --- fields ------------------------------------------------------------------------------------------------

_label = st.one_of(
    _any_of("www a A-b _tcp * 1/2 0 IN NS 3600", b"x" * 63),
    st.from_regex(rb"[A-Za-z0-9_-]{1,12}", fullmatch=True),
    _any_of(r"a\.b \000 \255x \@ a\1 ä $ $TTL @", b"", b"x" * 64),
)
_plain_name = st.lists(_any_of("www A b-c _x * example", b"x" * 63), max_size=4).map(
    lambda labels: b".".join([*labels, b"example."])
)
_labels = st.lists(_label, min_size=1, max_size=5)
_any_name = st.one_of(
    _plain_name,
    _plain_name,
    _labels.map(b".".join),
    _labels.map(lambda labels: b".".join([*labels, b"example."])),
    _any_of("@ . example. EXAMPLE. other. notexample.", b"x" * 63 + b"." + b"y." * 100),
)
_ipv4 = st.lists(_decimal(0, 300) | _any_of("01 007 +1 1_0 -1", b""), min_size=3, max_size=5).map(b".".join)
_group = st.from_regex(rb"[0-9a-fA-F]{1,4}", fullmatch=True) | _any_of("12345 g 0x1 1_1", b"")
_ipv6 = st.one_of(
    st.lists(_group, min_size=7, max_size=9).map(b":".join),
    st.tuples(st.lists(_group, max_size=7), st.lists(_group, max_size=7)).map(
        lambda halves: b":".join(halves[0]) + b"::" + b":".join(halves[1])
    ),
    _any_of(":: ::1 1:: : ::: ::ffff:192.0.2.1 1:2:3:4:5:6:7:8 1::2::3"),
)
_number = _decimal(0, 70000) | _any_of("65535 65536 0005 00005 +5 5_0 x ² 255 256 99999999999", b"")
_small = _decimal(0, 260) | _any_of("08 RSASHA256 ed25519 x 1_3")
_hex = st.binary(max_size=40).map(lambda octets: octets.hex().encode()) | _any_of("abc xy", b"AB CD", b"a b")
_base64 = st.binary(max_size=70).map(base64.b64encode) | _any_of("A AA==AA== AA ====", b"AAAA AAAA", b"A A A A")
_type = _any_of(
    "A NS RRSIG NSEC TYPE65280 type1 aaaa SOA NSEC3 CAA NOTYPE TYPE65536 ANY OPT TYPE0 TYPE00001",
)
_types = st.lists(_type, max_size=5).map(b" ".join)
_moment = _any_of(
    "20260601000000 20260701000000 1780000000 20261301000000 4294967296 202606010000 20260631000000",
)
_ttl = _any_of("3600 0 1h 1H30m 86400 2147483647 2147483648 00060 4294967295 99999999999")
_salt = _any_of("- aabb AABB abc", b"", b"00" * 255, b"00" * 256)
_digest = st.binary(min_size=20, max_size=20).map(base64.b32hexencode)
_zeroes = b"0" * 29
_hash = st.one_of(
    _digest,
    _digest.map(bytes.lower),
    _any_of("00000000", b"A" * 31, b"V" * 33, b"W" * 32, b"1_1" + _zeroes, b"-00" + _zeroes, b"+00" + _zeroes),
)
_string = st.one_of(
    st.from_regex(rb'"[a-z =;()\t]{0,20}"', fullmatch=True),
    _any_of(r'"" "a\"b" "a\\" "\032" word "a"b "open "ÿ" a"b"', b'"a" "b"', b'"a\tb"'),
    st.sampled_from([b'"' + b"x" * 255 + b'"', b'"' + b"x" * 256 + b'"']),
)

RDATA: dict[bytes, Octets] = {
    b"A": _ipv4,
    b"AAAA": _ipv6,
    b"NS": _any_name,
    b"CNAME": _any_name,
    b"PTR": _any_name,
    b"MX": words(_number, _any_name),
    b"TXT": _string,
    b"DS": words(_number, _small, _small, _hex),
    b"RRSIG": words(_type, _small, _small, _ttl, _moment, _moment, _number, _any_name, _base64),
    b"NSEC": words(_any_name, _types),
    b"NSEC3": words(_small, _small, _number, _salt, _hash, _types),
    b"SOA": words(_any_name, _any_name, _number, _ttl, _ttl, _ttl, _ttl),
    b"SRV": words(_number, _number, _number, _any_name),
    b"DNSKEY": words(_number, _small, _small, _base64),
    b"CAA": words(_small, _any_of("issue iodef"), _string),
    b"TYPE65280": st.sampled_from([rb"\# 4 C0000201", rb"\# 0", rb"\# 3 C0000201", b"C000"]),
}
"""Right and wrong RDATA, by type; the first eleven are those of the fast path."""

# --- lines -------------------------------------------------------------------------------------------------


@st.composite
def damaged(draw: st.DrawFn, line: bytes) -> bytes:
    """Damage a line by some slips of the pen, or none."""
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2, 3]))):
        parts = re.split(rb"([ \t]+)", line)
        at = draw(st.integers(0, len(parts) - 1))
        kind = draw(st.integers(0, 9))
        if kind == 0:
            blank = draw(st.sampled_from([b"  ", b"\t", b" \t ", b"\r ", b"\f", b"\v ", b"\xa0", b"\x1c"]))
            parts[at] = parts[at].replace(b" ", blank)
        elif kind == 1:
            parts[at] = parts[at].swapcase()
        elif kind == 2:
            del parts[at]
        elif kind == 3:
            parts.append(draw(_any_of('; " x', b" ; comment", b" ;(", b" x", b" ", b"\t", b"\r", b" )", b" (")))
        elif kind == 4:
            parts.insert(at, draw(_any_of('( ) \\ " ;', b"( ", b" )", b"\r", b" ", b"\t")))
        elif kind == 5:
            parts.insert(0, draw(_any_of("; (", b" ", b"\t", b"\r", b"\f", b"\v")))
        elif kind == 6:
            spot = draw(st.integers(0, len(line)))
            parts = [line[:spot], draw(st.binary(min_size=1, max_size=1)), line[spot:]]
        elif kind == 7:
            parts = [line[: draw(st.integers(0, len(line)))]]
        elif kind == 8:
            parts[at : at + 1] = [parts[at], b" ", parts[at]]
        else:
            parts[at] = b"(" + parts[at] + b")"
        line = b"".join(parts)
    return line


@st.composite
def line(draw: st.DrawFn) -> bytes:
    """A record on one line, as signers write it, perhaps damaged."""
    rdtype = draw(st.sampled_from([*RDATA, *list(RDATA)[:11]]))
    owner = draw(st.one_of(_plain_name, _plain_name, _any_name, st.just(b"")))
    ttl = draw(st.one_of(st.just(b"3600"), st.just(b"3600"), _ttl, st.just(b"")))
    rdclass = draw(_any_of("IN IN IN in CH CLASS1", b"", b""))
    middle = [ttl, rdclass] if draw(st.integers(0, 9)) else [rdclass, ttl]
    fields = [owner, *[field for field in middle if field], draw(st.sampled_from([rdtype, rdtype, rdtype.lower()]))]
    return draw(damaged(b" ".join([*fields, draw(RDATA[rdtype])])))


_OWNERS = _any_of("a @ example. b.example. other. . IN 5 A a.b", b"", b"")
_MIDDLES = st.sampled_from([b"5 IN", b"IN 5", b"5", b"IN", b"", b"IN 5 IN", b"5 5", b"5 IN 5", b"1h", b"CH", b"5 CH"])
_ENDS = st.sampled_from(
    b"""A 192.0.2.1|A 192.0.2.1|NS a.example.|NS a|NS @|MX 10 b.example.|DS 1 8 2 AABB CC|DS 1 8 2|DS 1 8 2 |\
NSEC b.example. A NS|NSEC b.example.|AAAA ::1|A||TXT "x"|TXT x|RRSIG A 8 1 5 5 4 1 example. AA==|\
RRSIG A 8 1 5 5 4 1 example.|RRSIG A 8 1 5 5 4 1 example. |SOA a. b. 1 2 3 4 5|A 192.0.2.1 x""".split(b"|")
)
_MARKS = st.sampled_from(
    [
        [],
        [],
        [],
        [b"(", b")"],
        [b"(", b"\n\t", b")"],
        [b"(", b"; c\n", b")"],
        [b"(", b"\n", b")"],
        [b"("],
        [b"(("],
    ]
)


@st.composite
def hand_written(draw: st.DrawFn) -> bytes:
    """A record as people write it: blank and relative owners, nothing that can be left out, parentheses, comments."""
    parts = b" ".join([draw(_OWNERS), draw(_MIDDLES), draw(_ENDS)]).split(b" ")
    if not draw(st.integers(0, 5)):
        parts = parts[: draw(st.integers(1, len(parts)))]
    for mark in draw(_MARKS):
        parts.insert(draw(st.integers(0, len(parts))), mark)
    return draw(_any_of("", b" ", b"\t")).join(parts) + draw(_any_of(";( )", b"", b"", b" ", b" ; c", b"\r"))


_directive = st.sampled_from(
    b"""$ORIGIN example.|$ORIGIN sub|$ORIGIN|$TTL 300|$TTL 1h|$TTL x|$ttl 60 ; c|$INCLUDE nothing|$X|| |; comment|(|)|\
"|$GENERATE 1-3 h$ A 192.0.2.$|$GENERATE 1-2 a CNAME $""".split(b"|")
)
LINES = st.lists(
    st.one_of(line(), line(), hand_written(), hand_written(), _directive), min_size=1, max_size=6
)  # fmt: skip

# --- texts -------------------------------------------------------------------------------------------------

TEXT = st.builds(
    lambda lines, end, mark, last: mark + end.join(lines) + (end if last else b""),
    LINES,
    st.sampled_from([b"\n", b"\n", b"\n", b"\r\n"]),
    st.sampled_from([b"", b"", b"", b"\xef\xbb\xbf"]),
    st.booleans(),
)
"""Some lines, with either line end, with or without a byte order mark and a last line end."""

_SNIPPETS = rb"""
$INCLUDE .|$INCLUDE /dev/null|$INCLUDE zone|$GENERATE 1-3|$GENERATE 1-3 a$ A 192.0.2.$|$GENERATE 1-3/0|$TTL 1h
$GENERATE 0-99999999999|$ORIGIN example.|1 0 0 -|257 3 13|256 3 8 AQAB|\# 4|\# 0|="a b"|; <<>> DiG 9 <<>> AXFR
example. 3600 IN SOA ns1.example. h.example. 1 7200 3600 1209600 3600|example. 3600 IN NS ns1.example.
example. 3600 IN DNSKEY 257 3 15 TGkL70rXwJiJ6C+FiIJPqnRi5ZiClTCE+4lB/9a8dBY=|a.example. 3600 IN |; Transfer failed.
RRSIG A 15 2 3600 20260701000000 20260601000000 36580 example. AAAA|example. 0 IN NSEC3PARAM 1 0 0 -
00000000000000000000000000000000.example. 3600 IN NSEC3 1 0 0 - 00000000000000000000000000000000 A
""".replace(b"\n", b"|").strip(b"|").split(b"|")  # fmt: skip
TOKENS = [
    *rb"""( ) " ; \ @ $INCLUDE ${ ${1,2,n} ${-9} $TTL $ORIGIN example. a a. . .. IN CH 3600 1h A 192.0.2.1 AAAA :: NS
    CNAME TXT SOA NSEC NSEC3 NSEC3PARAM DNSKEY RRSIG DS TYPE65280 SVCB LOC NAPTR APL CAA URI * \000 \. \25 -1 4294967296
    alpn=h2 TYPE65536 CLASS1""".split(),
    *_SNIPPETS,
    *[snippet + b"\n" for snippet in _SNIPPETS],
    *[b"\n", b"\n", b"\n", b"\n", b" ", b" ", b"\t", b"\r", b"\0", b"\x01", b"\xff", b"\xef\xbb\xbf"],
    *[b"$INCLUDE \0", b"x" * 64],
]
"""Words that mean something to a reader, and whole records."""

SOUP = st.lists(st.sampled_from(TOKENS), max_size=30).flatmap(
    lambda tokens: st.sampled_from([b" ", b"", b"\n"]).map(lambda blank: blank.join(tokens))
)
"""Words in any order."""

ANYTHING = st.one_of(st.binary(max_size=200), SOUP, TEXT)
"""Octets of any kind."""
