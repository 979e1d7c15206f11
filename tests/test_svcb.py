"""SVCB and HTTPS RDATA against dnspython, for all that dnspython reads, and the vectors of RFC 9460 appendix D."""

from __future__ import annotations

import dns.rdata
import dns.rdataclass
import dns.rdatatype
import pytest

from zonelint.source import rdata, rdtypes
from zonelint.source.lexer import read_line

READ = [
    "0 foo.example.com.",
    "1 .",
    "16 foo.example.com. port=53",
    "1 foo.example.com. key667=hello",
    r'1 foo.example.com. key667="hello\210qoo"',
    '1 foo.example.com. ipv6hint="2001:db8::1,2001:db8::53:1"',
    '1 example.com. ipv6hint="2001:db8:122:344::192.0.2.33"',
    "16 foo.example.org. ( alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1 )",
    r'16 foo.example.org. alpn="f\\\\oo\\,bar,h2"',
    r"16 foo.example.org. alpn=f\\\092oo\092,bar,h2",
    r"\# 9 0001 00 0003 0002 01bb",
]
REFUSED = [
    "1 foo.example.com. key123=abc key123=def",
    "1 foo.example.com. mandatory",
    "1 foo.example.com. alpn",
    "1 foo.example.com. port",
    "1 foo.example.com. ipv4hint",
    "1 foo.example.com. ipv6hint",
    "1 foo.example.com. no-default-alpn=abc",
    "1 foo.example.com. port=65536",
    "1 foo.example.com. key65536=a",
    "1 foo.example.com. key01=a",
    "1 foo.example.com. alpn=h2,,h3",
    "1 foo.example.com. ipv4hint=192.0.2.256",
    "1 foo.example.com. ech=###",
    '1 "foo.example.com." port=1',
    "65536 foo.example.com.",
    "1",
    r"\# 10 0001 00 0003 0002 01bb ff",
    r"\# 13 0001 00 0003 0002 0001 0002 0000",
    r"\# 8 0001 00 0003 0001 01",
    r"\# 3 0001 05",
]


def _wire(text: str) -> bytes:
    tokens = read_line(b"x HTTPS " + text.encode(), 0).tokens[2:]
    return rdata.parse(rdtypes.TYPES["HTTPS"], tokens, b"\0")


@pytest.mark.parametrize("text", READ)
def test_what_dnspython_reads_comes_out_the_same(text: str) -> None:
    wanted = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.HTTPS, text)
    assert _wire(text) == wanted.to_wire()


@pytest.mark.parametrize("text", REFUSED)
def test_what_has_no_wire_form_is_refused(text: str) -> None:
    with pytest.raises(rdata.BadRdata):
        _wire(text)


@pytest.mark.parametrize(
    "text",
    ["0 a.example. alpn=h2", "1 . mandatory=alpn", "1 . mandatory=mandatory", "1 . no-default-alpn", "1 . ohttp"],
)
def test_what_contradicts_itself_is_read_and_left_to_the_checks(text: str) -> None:
    octets = _wire(text).hex()
    assert _wire(rf"\# {len(octets) // 2} {octets}").hex() == octets
