"""The list of rollover methods, for people and as JSON, version 1."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from zonelint.rollover.methods import Method, Step

VERSION = 1


def text(methods: Sequence[Method], width: int = 100) -> str:
    """Give each method with its title and summary, below each other."""
    return "\n".join(block for method in methods for block in _lines(method, width)) + "\n"


def as_json(methods: Sequence[Method], width: int = 100) -> str:  # noqa: ARG001 - every writer is called alike
    """Give one JSON object on one line, in ASCII."""
    return json.dumps({"version": VERSION, "methods": [_method(method) for method in methods]}) + "\n"


TABLES: Mapping[str, Callable[[Sequence[Method], int], str]] = {"text": text, "json": as_json}
"""The writers by the name of their format."""


def _lines(method: Method, width: int) -> list[str]:
    words = f"{method.summary} ({', '.join(method.refs)})"
    return [f"{method.id}: {method.title}", *textwrap.wrap(words, max(width, 40), initial_indent="    ",
            subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)]  # fmt: skip


def _method(method: Method) -> dict[str, Any]:
    return {
        "id": method.id,
        "title": method.title,
        "summary": method.summary,
        "old": method.old,
        "new": method.new,
        "zone": method.zone,
        "new_algorithm": method.new_algorithm,
        "exclusive": method.exclusive,
        "unsafe_for": list(method.unsafe_for),
        "unrenewed": list(method.unrenewed),
        "note": method.note,
        "refs": list(method.refs),
        "steps": [_step(step) for step in method.steps],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "id": step.id,
        "title": step.title,
        "do": [f"{action.value} {word}".strip() for action, word in step.do],
        "after": [{"step": after.step, "wait": after.wait} for after in step.after],
        "instruction": step.instruction,
        "refs": list(step.refs),
    }
