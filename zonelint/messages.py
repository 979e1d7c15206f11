"""From the words of another tool to our rules: what `zonelint explain "that message"` looks up.

The messages are those under `seen_as` in the catalogue, and the names of the extended errors that resolvers answer with
(RFC 8914). Names, numbers, paths and what stands in quotes differ from zone to zone, so only the other words count.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from zonelint import catalogue

NEAR = 0.6
"""How much of the weight of both their words a message must have in common with a known one to be like it."""

_QUOTED = re.compile(r"(?<!\w)'[^']*'(?!\w)|\"[^\"]*\"|`[^`]*`")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?:'s)?")
_EDGES = "\"'`.,:;!?()[]{}<>=*$"
_CLASS = "/IN"
_PLACEHOLDERS = frozenset({"NAME", "FILE", "LINE", "FILE:LINE"})
_ALGORITHM = re.compile(r"(?:NSEC3)?(?:RSA|DSA|ECDSAP|ECC|ED)(?:MD|SHA|GOST|\d)[A-Z0-9-]*", re.IGNORECASE)
_EXTENDED = re.compile(r"\bEDE\b\W{0,3}(?:code\W{1,3})?(\d{1,5})\b", re.IGNORECASE)
_HASH = re.compile(r"[0-9a-v]{32}|[0-9a-f]{16,}", re.IGNORECASE)


class Known(NamedTuple):
    """A message that a rule lists, and its words."""

    rule: str
    tool: str
    text: str
    words: tuple[str, ...]


class Match(NamedTuple):
    """A rule that a message leads to: the known message, whether all its words were there, and how much it explains.

    `share` is the weight of the words of the known message in that of all words, from 0 to 1, and a trifle more where
    the message is there letter by letter.
    """

    rule: str
    tool: str
    text: str
    is_exact: bool
    share: float


def words(message: str) -> tuple[str, ...]:
    """Give the words of a message in lower case, without names, numbers, paths and what is quoted."""
    return tuple(_words(message))


def _words(message: str) -> Iterator[str]:
    for token in _QUOTED.sub(" ", message).split():
        bare = token.strip(_EDGES)
        if bare.endswith(_CLASS):
            continue
        name, _, kind = bare.rpartition("/")
        if name and kind.isupper():
            bare = kind  # the type of NAME/TYPE tells more than the name
        if bare in _PLACEHOLDERS or _HASH.fullmatch(bare) or any(sign in bare for sign in "./:@#"):
            continue
        for part in re.split(r"[^A-Za-z0-9_'-]+", bare):
            if _WORD.fullmatch(part) and not _ALGORITHM.fullmatch(part):
                yield part.lower()


@cache
def known() -> tuple[Known, ...]:
    """Give every message that some rule lists, in the order of the rules, its extended error last."""
    return tuple(Known(rule.id, tool, text, words(text)) for rule in catalogue.rules().values()
                 for tool, text in _messages(rule))  # fmt: skip


def _messages(rule: catalogue.Rule) -> Iterator[tuple[str, str]]:
    yield from ((tool, text) for tool, texts in rule.seen_as.items() for text in texts)
    if name := _extended(rule.ede):
        yield f"EDE {rule.ede}", name


def _extended(number: int | None) -> str:
    """Give the name of an extended error; empty where no rule names it."""
    name: str = catalogue.table("extended-errors")["errors"].get(number, "")
    return name


@cache
def _weights() -> dict[str, float]:
    """Weigh each word by how few messages have it."""
    every = {each.words for each in known()}
    spread = Counter(word for each in every for word in set(each))
    return {word: 0.1 + math.log(len(every) / number) for word, number in spread.items()}


def matches(message: str) -> list[Match]:
    """Give the rules that a message of another tool leads to, the likeliest first, each once.

    Where the words of a known message are all there, those that are only alike are left out. Of several lines each is
    looked up for itself.
    """
    best: dict[str, Match] = {}
    for line in message.splitlines():
        for match in _matches_line(line):
            if match.rule not in best or _rank(match) > _rank(best[match.rule]):
                best[match.rule] = match
    ranked = sorted(best.values(), key=_rank, reverse=True)
    exact = [match for match in ranked if match.is_exact]
    return exact or ranked


def _rank(match: Match) -> tuple[bool, float]:
    return match.is_exact, match.share


def _matches_line(line: str) -> Iterator[Match]:
    number = _EXTENDED.search(line)
    name = _extended(int(number[1])) if number else ""
    asked = words(line if name.lower() in line.lower() else f"{line} {name}")
    weights = _weights()
    # a word that no known message has tells nothing
    whole = sum(weights.get(word, 0.0) for word in set(asked)) or 1.0
    for each in known():
        if not each.words:
            if each.text.lower() in line.lower():
                yield Match(each.rule, each.tool, each.text, True, 1.0)
            continue
        common = set(asked) & set(each.words)
        if not common:
            continue
        shared = sum(weights[word] for word in common)
        own = sum(weights[word] for word in set(each.words))
        if _holds(asked, each.words):
            # what is quoted tells rules apart whose words are the same
            literal = len(each.text) / 10_000 if each.text.lower() in line.lower() else 0.0
            yield Match(each.rule, each.tool, each.text, True, min(shared / whole, 1.0) + literal)
        elif (share := 2 * shared / (whole + own)) >= NEAR:
            yield Match(each.rule, each.tool, each.text, False, share)


def _holds(asked: Sequence[str], pattern: Sequence[str]) -> bool:
    """Tell whether all words of a pattern are there in this order, next to each other."""
    size = len(pattern)
    return any(tuple(asked[at : at + size]) == tuple(pattern) for at in range(len(asked) - size + 1))
