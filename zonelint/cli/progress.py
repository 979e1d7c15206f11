"""Progress on standard error: on a terminal, and only once a run has taken more than a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from zonelint.engine import Step

PATIENCE = 1.0
"""Seconds that pass without a word."""

_PAUSE = 0.1


class ProgressLine:
    """One line that says how far the scan of a zone is and how long it may still take; gone when it is left.

    Call it with each `Step`. `clock` gives seconds from any fixed moment.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._begin, self._last = clock(), 0.0
        self._bar: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, step: Step) -> None:
        """Show a step, if it is time for it."""
        now = self._clock()
        if now - self._begin < PATIENCE or now - self._last < _PAUSE:
            return
        self._last = now
        bar = self._bar = self._bar or self._start()
        task = self._tasks.get(step.file)
        if task is None:
            for other in self._tasks.values():
                bar.remove_task(other)
            # what was done before the line appeared counts for the time that is left
            task = bar.add_task(_shown(step.file), total=step.octets, records=0, signatures=0)
            self._tasks = {step.file: task}
        bar.update(task, completed=step.done, records=f"{step.records:,}", signatures=f"{step.signatures:,}")
        bar.refresh()

    def _start(self) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        # no thread of its own: the processes that scan are forked from this one
        bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[records]} records, {task.fields[signatures]} signatures"),
            TimeRemainingColumn(),
            console=Console(file=self._stream, force_terminal=True),
            auto_refresh=False,
            transient=True,
        )
        bar.start()
        return bar


def _shown(name: str) -> str:
    from zonelint.report.text import visible

    return visible(name)
