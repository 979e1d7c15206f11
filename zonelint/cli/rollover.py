"""`zonelint rollover`, loaded only when it is asked for: its many options would cost every other run start-up time."""

from __future__ import annotations

from typing import Any

import typer

from zonelint.cli.lean import LeanGroup


class _LazyGroup(LeanGroup):
    """A group that takes its commands from another module at the first question about them."""

    def _load(self) -> None:
        if not self.commands:
            from zonelint.cli.rollover_commands import commands

            self.commands.update(commands())

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - as the parent class has it
        """Give the names of the commands."""
        self._load()
        return list(self.commands)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Give a command by its name."""
        self._load()
        return super().get_command(ctx, cmd_name)


rollover = typer.Typer(
    name="rollover", cls=_LazyGroup, no_args_is_help=True, add_completion=False, rich_markup_mode=None
)


@rollover.callback()
def _rollover() -> None:
    """Plan key rollovers, prove them, print the timetable.

    Exit status: 0 safe, 1 the plan has a window or an action is overdue (or due, with --due), 2 usage or input.
    """
