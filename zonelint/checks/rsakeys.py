"""RSA keys that are weak though they look like others, and keys that are there twice (RFC 3110 section 2)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from math import gcd, isqrt, prod

from zonelint.checks.dnskey import in_file_order, say
from zonelint.checks.inputs import Inputs
from zonelint.checks.registry import zone_check
from zonelint.dnssec.keys import RSA, BadKey, rsa_numbers
from zonelint.dnssec.zonekey import ZoneKey
from zonelint.findings import Finding
from zonelint.zone.index import ZoneIndex

_USUAL = 65537
_LARGEST = 2**31 - 1
_PRIMES_BELOW = 2000
_MOST = 800
"""How many keys are compared with each other: more RSA keys fit into no message, which rrset-too-large says."""
_STEPS = 100
"""Steps of Fermat's method: enough where the primes of a modulus lie next to each other, nothing where they do not."""


@zone_check("dnskey-exponent-small", "dnskey-exponent-large", "dnskey-leading-zeros", "dnskey-modulus-weak")
def check_numbers(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """Exponent and modulus of RSA keys are such as key generators make."""
    numbers: list[tuple[ZoneKey, int, int]] = []
    for key in in_file_order(index, inputs.keys):
        if key.algorithm not in RSA or key.malformed:
            continue
        try:
            exponent, modulus = rsa_numbers(key.rdata[4:])
        except BadKey:
            continue
        numbers.append((key, exponent, modulus))
        if exponent < _USUAL:
            yield say(index, "dnskey-exponent-small", key, f"the exponent is {exponent}, usual is {_USUAL}", 3)
        elif exponent > _LARGEST:
            message = f"the exponent has {exponent.bit_length()} bits, some validators read no more than 31"
            yield say(index, "dnskey-exponent-large", key, message, 3)
        if _has_leading_zeros(key.rdata[4:]):
            message = "the exponent or the modulus begins with octets that are zero"
            yield say(index, "dnskey-leading-zeros", key, message, 3)
        if fault := _weakness(modulus):
            yield say(index, "dnskey-modulus-weak", key, f"the modulus {fault}: its factors are easily found", 3)
    for number, (key, _, modulus) in enumerate(numbers[:_MOST]):
        for other, _, second in numbers[:number]:
            if modulus != second and gcd(modulus, second) > 1:
                message = f"the modulus has a prime in common with that of key {other.tag}: both are broken by it"
                yield say(index, "dnskey-modulus-weak", key, message, 3)


def _has_leading_zeros(field: bytes) -> bool:
    """Tell whether RFC 3110 section 2 forbids how the numbers are written."""
    at, length = (1, field[0]) if field[0] else (3, int.from_bytes(field[1:3], "big"))
    return field[at] == 0 or field[at + length] == 0


def _weakness(modulus: int) -> str:
    """Say what makes a modulus easy to factor; empty where none of the usual accidents has happened."""
    if (common := gcd(modulus, _product())) > 1:
        smallest = next(number for number in range(2, _PRIMES_BELOW) if common % number == 0)
        return f"can be divided by {smallest}"
    root = isqrt(modulus)
    if root * root == modulus:
        return "is a square"
    for step in range(1, _STEPS):
        rest = (root + step) ** 2 - modulus
        if isqrt(rest) ** 2 == rest:
            return "is the product of two primes next to each other"
    return ""


@cache
def _product() -> int:
    return prod(number for number in range(2, _PRIMES_BELOW) if all(number % i for i in range(2, isqrt(number) + 1)))


@zone_check("dnskey-repeated")
def check_repeated(index: ZoneIndex, inputs: Inputs) -> Iterator[Finding]:
    """A public key is there once, under one algorithm and one set of flags."""
    seen: dict[bytes, ZoneKey] = {}
    for key in in_file_order(index, inputs.keys):
        other = seen.setdefault(key.rdata[4:], key)
        # while it is revoked, a key may be there in both forms (RFC 5011 section 2.1)
        if other is not key and key.rdata[4:] and key.is_revoked == other.is_revoked:
            what = f"algorithm {other.algorithm}" if key.algorithm != other.algorithm else f"flags {other.flags}"
            yield say(index, "dnskey-repeated", key, f"the same public key is there as key {other.tag}, with {what}", 3)
