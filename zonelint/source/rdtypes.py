"""Numbers and mnemonics of record types and classes, as the IANA DNS parameters registry has them."""

from __future__ import annotations

import re

TYPES: dict[str, int] = {
    "A": 1, "NS": 2, "MD": 3, "MF": 4, "CNAME": 5, "SOA": 6, "MB": 7, "MG": 8, "MR": 9, "NULL": 10,
    "WKS": 11, "PTR": 12, "HINFO": 13, "MINFO": 14, "MX": 15, "TXT": 16, "RP": 17, "AFSDB": 18, "X25": 19,
    "ISDN": 20, "RT": 21, "NSAP": 22, "NSAP-PTR": 23, "SIG": 24, "KEY": 25, "PX": 26, "GPOS": 27, "AAAA": 28,
    "LOC": 29, "NXT": 30, "EID": 31, "NIMLOC": 32, "SRV": 33, "ATMA": 34, "NAPTR": 35, "KX": 36, "CERT": 37,
    "A6": 38, "DNAME": 39, "SINK": 40, "OPT": 41, "APL": 42, "DS": 43, "SSHFP": 44, "IPSECKEY": 45,
    "RRSIG": 46, "NSEC": 47, "DNSKEY": 48, "DHCID": 49, "NSEC3": 50, "NSEC3PARAM": 51, "TLSA": 52,
    "SMIMEA": 53, "HIP": 55, "NINFO": 56, "RKEY": 57, "TALINK": 58, "CDS": 59, "CDNSKEY": 60,
    "OPENPGPKEY": 61, "CSYNC": 62, "ZONEMD": 63, "SVCB": 64, "HTTPS": 65, "DSYNC": 66, "SPF": 99, "UINFO": 100,
    "UID": 101, "GID": 102, "UNSPEC": 103, "NID": 104, "L32": 105, "L64": 106, "LP": 107, "EUI48": 108,
    "EUI64": 109, "NXNAME": 128, "TKEY": 249, "TSIG": 250, "IXFR": 251, "AXFR": 252, "MAILB": 253,
    "MAILA": 254, "ANY": 255, "URI": 256, "CAA": 257, "AVC": 258, "DOA": 259, "AMTRELAY": 260,
    "RESINFO": 261, "WALLET": 262, "TA": 32768, "DLV": 32769,
}  # fmt: skip
"""Mnemonic to number."""

NAMES: dict[int, str] = {number: name for name, number in TYPES.items()}
META: frozenset[int] = frozenset({41, 128, *range(249, 256)})
"""Query and meta types, which no zone can hold (RFC 6895 section 3.1, RFC 9824 section 3)."""

CLASSES: dict[str, int] = {"IN": 1, "CH": 3, "CHAOS": 3, "HS": 4, "HESIOD": 4}
_CLASS_NAMES = {1: "IN", 3: "CH", 4: "HS"}
_GENERIC_TYPE = re.compile(r"TYPE([0-9]{1,5})")
_GENERIC_CLASS = re.compile(r"CLASS([0-9]{1,5})")

A, NS, CNAME, SOA, MX, TXT, AAAA, SRV, DNAME = 1, 2, 5, 6, 15, 16, 28, 33, 39
DS, RRSIG, NSEC, DNSKEY, NSEC3, NSEC3PARAM = 43, 46, 47, 48, 50, 51
CDS, CDNSKEY, ZONEMD, KEY = 59, 60, 63, 25


def type_number(text: str) -> int | None:
    """Give the number of a type mnemonic or TYPEnnn (RFC 3597 section 5), in any case; None if unknown."""
    upper = text.upper()
    number = TYPES.get(upper)
    if number is None and (found := _GENERIC_TYPE.fullmatch(upper)):
        number = int(found[1]) if int(found[1]) < 65536 else None
    return number


def type_name(number: int) -> str:
    """Give the mnemonic of a type, or TYPEnnn."""
    return NAMES.get(number) or f"TYPE{number}"


def class_number(text: str) -> int | None:
    """Give the number of a class mnemonic or CLASSnnn, in any case; None if it is no class."""
    upper = text.upper()
    number = CLASSES.get(upper)
    if number is None and (found := _GENERIC_CLASS.fullmatch(upper)):
        number = int(found[1]) if int(found[1]) < 65536 else None
    return number


def class_name(number: int) -> str:
    """Give the mnemonic of a class, or CLASSnnn."""
    return _CLASS_NAMES.get(number) or f"CLASS{number}"
