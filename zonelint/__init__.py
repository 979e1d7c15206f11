"""An offline linter for DNS zone files and a planner for DNSSEC key rollovers."""

__version__ = "0.1.0"
