"""The configuration file: where it lies, what may stand in it, and what it says about one zone file."""

from __future__ import annotations

from collections.abc import Iterable

from zonelint.findings import Finding


class Refused(Exception):
    """A configuration that nothing is judged by: `findings` tell every fault of `file`, whose text is `octets`."""

    def __init__(self, file: str, octets: bytes, findings: Iterable[Finding]) -> None:
        super().__init__(f"{file}: the configuration cannot be used")
        self.file, self.octets, self.findings = file, octets, list(findings)
