"""A pool of processes that scan the parts of one zone; the results come in the order of the parts."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from zonelint import catalogue
from zonelint.source.text import Unreadable

_tasks: Sequence[tuple[Any, ...]] = ()
_function: Callable[..., Any] | None = None


def _start(function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], settings: catalogue.Settings) -> None:
    global _tasks, _function  # the state of a worker process, set once when it starts
    _tasks, _function = tasks, function
    catalogue.adopt(settings)


def _run(number: int) -> Any:
    assert _function is not None
    return _function(*_tasks[number])


def mapped(function: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], jobs: int, zone: str) -> Iterator[Any]:
    """Call `function` with each tuple of arguments in one of `jobs` processes.

    Raises `Unreadable`, which names the `zone`, if a process dies.
    """
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(min(jobs, len(tasks)), context, _start, (function, tasks, catalogue.settings())) as pool:
        try:
            yield from pool.map(_run, range(len(tasks)))
        except BrokenProcessPool:
            raise Unreadable(f"{zone}: a process that scanned the zone died, perhaps for lack of memory") from None
        finally:
            pool.shutdown(cancel_futures=True)
