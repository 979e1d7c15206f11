"""`python -m zonelint`, the same as the command `zonelint`."""

from __future__ import annotations

from zonelint.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
