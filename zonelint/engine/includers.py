"""Which zone files of a repository include a file: a change in that is a change in them."""

from __future__ import annotations

import os
from collections.abc import Callable

from zonelint.git import Repository
from zonelint.source.lexer import read_line


class Includers:
    """Who includes whom, by the `$INCLUDE` lines in the files that a repository knows, or in those of a commit.

    Paths are relative to the top of the repository. `has_soa` tells whether the file at a path is a zone by itself.
    """

    def __init__(self, repository: Repository, has_soa: Callable[[str], bool], commit: str | None = None) -> None:
        self._has_soa, self._by = has_soa, dict[str, set[str]]()
        for file, line in repository.grep("$INCLUDE", commit):
            words = [token.text for token in read_line(line, 0).tokens[:2]] if line.startswith(b"$") else []
            if len(words) == 2 and words[0].upper() == b"$INCLUDE" and b"\0" not in words[1]:
                wanted = os.path.join(repository.top, os.path.dirname(file), os.fsdecode(words[1]))
                included = os.path.relpath(os.path.realpath(wanted), repository.top)
                self._by.setdefault(included.replace(os.sep, "/"), set()).add(file)

    def zones(self, path: str) -> list[str]:
        """Give the zone files that include a file, directly or through others, sorted; none where nothing does."""
        found, seen, rest = [], {path}, [path]
        while rest:
            for file in self._by.get(rest.pop(), set()) - seen:
                seen.add(file)
                rest.append(file)
                # a file that nothing includes is a zone, even if its SOA is in a file that it includes
                if file not in self._by or self._has_soa(file):
                    found.append(file)
        return sorted(found)
