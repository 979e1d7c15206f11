"""Words that stand in zone files where a later step of a pipeline puts the serial, such as `@@SERIAL@@`."""

from __future__ import annotations

from dataclasses import replace

from zonelint.findings import Place
from zonelint.source.include import BadInclude, IncludePolicy
from zonelint.source.lexer import LIMIT, Token
from zonelint.source.locate import span_of
from zonelint.source.text import Source

SERIAL = 2
"""The number of the field of the SOA record that holds the serial."""


def filled(tokens: list[Token], words: frozenset[bytes]) -> list[Token]:
    """Put 0 in place of a word that stands for the serial, in the RDATA of an SOA record; no place moves."""
    if len(tokens) <= SERIAL or tokens[SERIAL].quoted or tokens[SERIAL].text not in words:
        return tokens
    return [*tokens[:SERIAL], replace(tokens[SERIAL], text=b"0"), *tokens[SERIAL + 1 :]]


def placeholder_at(place: Place, source: Source, policy: IncludePolicy) -> str | None:
    """Give the word that stands for the serial in the SOA record at a place; None where there is a number."""
    if not policy.placeholders:
        return None
    try:
        if place.file == source.name:
            text = source.read(place.start, place.start + LIMIT)
        else:
            text = policy.read(place.file, policy.resolve(place.file))[place.start : place.start + LIMIT]
    except BadInclude:
        return None
    start, end = span_of(text, SERIAL)
    return text[start:end].decode("latin-1") if text[start:end] in policy.placeholders else None
