"""Colour for terminals."""

from __future__ import annotations

from zonelint.findings import Severity

STYLES = {Severity.error: "bold red", Severity.warning: "bold yellow", Severity.notice: "bold cyan"}
"""The style of each severity, in the words of rich."""


class Paint:
    """Puts text in a style, or leaves it as it is where colour is off."""

    def __init__(self, enabled: bool) -> None:
        self._enabled = enabled

    def __call__(self, text: str, style: str) -> str:
        """Give the text in a style such as `bold red`; the text itself must hold no control characters."""
        if not self._enabled or not text:
            return text
        # rich costs a third of a small run: only runs that end on a terminal pay for it
        from rich.color import ColorSystem
        from rich.style import Style

        return Style.parse(style).render(text, color_system=ColorSystem.STANDARD)
