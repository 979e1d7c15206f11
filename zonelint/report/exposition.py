"""Metrics in the text format of Prometheus, version 0.0.4."""

from __future__ import annotations

from collections.abc import Iterable

from zonelint.report.text import visible

Labels = dict[str, str]
Sample = tuple[Labels, int | float | str]
Family = tuple[str, str, Iterable[Sample]]
"""The name of a metric, what it means, and its samples."""


def expose(prefix: str, families: Iterable[Family]) -> str:
    """Write each metric as a gauge with its help and its type; those without a sample are left out.

    Of samples with the same labels the last one counts: a reader would refuse the whole text.
    """
    lines: list[str] = []
    for name, text, samples in families:
        found = {_labels(labels): value for labels, value in samples}
        if found:
            lines += [f"# HELP {prefix}{name} {text}", f"# TYPE {prefix}{name} gauge"]
            lines += [f"{prefix}{name}{labels} {value}" for labels, value in found.items()]
    return "".join(f"{line}\n" for line in lines)


def _labels(labels: Labels) -> str:
    listed = ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items())
    return f"{{{listed}}}" if listed else ""


def _escape(value: str) -> str:
    return visible(value).replace("\\", "\\\\").replace('"', '\\"')
