"""Command classes that start fast: every value of the command line stays the text it is.

From version 0.29 on typer converts each value with pydantic, even a text to a text, and importing that more
than doubles the start-up time of a run. The commands here take texts and flags only and convert what they
need themselves, so the step is left out. Should a later typer not call the method, all that is lost is speed.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


def _unconverted(param: Any, ctx: Any, value: Any) -> Any:
    """Do what the `process_value` of a parameter does, but for converting the value."""
    if value is None and (param.multiple or param.nargs == -1):
        value = ()
    return value if param.callback is None else param.callback(ctx, param, value)


def _lean(params: list[Any]) -> list[Any]:
    for param in params:
        vars(param)["process_value"] = partial(_unconverted, param)
    return params


class LeanCommand(TyperCommand):
    """A command whose parameters are all texts, lists of texts or flags."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Give the parameters, made lean."""
        return _lean(super().get_params(ctx))


class LeanGroup(TyperGroup):
    """A group of lean commands; an interrupted run ends with status 130, as shells expect."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Give the parameters, made lean."""
        return _lean(super().get_params(ctx))

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            # the status 1 of older versions of typer would read as "findings"
            raise typer.Exit(130) from None
