"""Patterns for the names of zone files, relative to the folder of the configuration file.

`*` stands for any characters but `/`, `**` for any at all, `?` for one, and `{zone}` for the name of the zone. A
pattern without a `/` is compared with the name of the file alone, so `*.zone` holds in every folder below.
"""

from __future__ import annotations

import os
import re

from zonelint.configuration.kinds import TEXT, Kind, Schema
from zonelint.configuration.matching import ZONE, matched
from zonelint.documents.fields import quoted, refuse
from zonelint.documents.nodes import Fault, Node


def _read(node: Node, faults: list[Fault]) -> str:
    text: str = TEXT.read(node, faults)
    if text.count(ZONE) > 1:
        refuse(node, f"{ZONE} is there twice in {quoted(text)}")
    if rest := re.search(r"\{[^}]*\}?|\}", text.replace(ZONE, "")):
        refuse(node, f"{quoted(rest[0])} has no meaning in a pattern: only {ZONE} stands in braces")
    if text.startswith("/") or ".." in text.split("/") or "\\" in text:
        refuse(node, f"{quoted(text)}: a pattern is relative to the folder of this file, with / and without ..")
    return text


def _schema() -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": 4096, "pattern": r"^(?!/)([^{}\\]|\{zone\})+$"}


PATTERN = Kind(_read, _schema)


def zone_of(pattern: str, path: str, folder: str) -> str | None:
    """Match a file; gives what `{zone}` stands for (empty where the pattern has none), None where it does not match.

    `folder` is that of the configuration file.
    """
    if "\0" in path:
        return None
    real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    relative = os.path.relpath(real, os.path.realpath(folder)).replace(os.sep, "/")
    if relative.startswith("../"):
        return None
    pattern = pattern.removeprefix("./")
    if "/" not in pattern:
        relative = relative.rpartition("/")[2]
    if pattern.endswith("/"):
        pattern += "**"
    return matched(pattern, relative)
