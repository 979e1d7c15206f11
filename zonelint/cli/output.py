"""Standard output and error: what is written where, in which width, and whether in colour."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import NoReturn, TextIO

import typer

WIDTH = 100
"""Columns of a report that does not go to a terminal."""

COLOR_MODES = ("auto", "always", "never")


def fail(message: str) -> NoReturn:
    """Say on standard error why nothing could be judged, in one line, and end with status 2."""
    complain(message)
    raise typer.Exit(2)


def complain(message: str) -> None:
    """Write one line to standard error, with line ends and control characters made harmless."""
    from zonelint.report.text import visible

    # without a standard error there is nobody to tell, and the status still says it
    if sys.stderr is not None:
        print(f"zonelint: {visible(message)}", file=sys.stderr)  # noqa: T201


def choose(option: str, value: str, allowed: Iterable[str]) -> str:
    """Give the value of an option back if it is one of those allowed, else fail."""
    allowed = tuple(allowed)
    if value not in allowed:
        fail(f"{option}: {value!r} is none of {', '.join(allowed)}")
    return value


def emit(text: str) -> None:
    """Write to standard output; a reader that went away is no fault, any other failure ends with status 2."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # names in zone files need not fit the terminal's character set
        sys.stdout.reconfigure(errors="backslashreplace")
    _write(lambda: sys.stdout.write(text))


def emit_octets(octets: bytes) -> None:
    """Write octets to standard output as they are; failures as for `emit`."""
    _write(lambda: sys.stdout.buffer.write(octets))


def _write(write: Callable[[], int]) -> None:
    if sys.stdout is None:
        fail("cannot write the report: standard output is closed")
    try:
        write()
        sys.stdout.flush()
    except BrokenPipeError:
        _abandon_stdout()
    except OSError as fault:
        _abandon_stdout()
        fail(f"cannot write the report: {fault.strerror}")


def _abandon_stdout() -> None:
    """Let what is still buffered go nowhere: the interpreter would complain about it when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def save(path: str, text: str, what: str = "report") -> None:
    """Write a report, or `what` it is, to a file; fails with status 2 where that is not possible."""
    try:
        with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.write(text)
    except OSError as fault:
        fail(f"{path}: cannot write the {what}: {fault.strerror}")


def wants_color(mode: str, stream: TextIO | None, environ: Mapping[str, str]) -> bool:
    """Decide on colour: `always` and `never` as said, `auto` on a terminal that has not declined it.

    Declined is with a `NO_COLOR` that is not empty (no-color.org) or `TERM=dumb`.
    """
    if mode != "auto":
        return mode == "always"
    if environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return False
    return stream is not None and stream.isatty()


def width() -> int:
    """Give the columns of the terminal, `COLUMNS` where it is set, or 100."""
    return shutil.get_terminal_size((WIDTH, 24)).columns
