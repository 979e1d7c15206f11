"""Key files and DS files as data: what operators keep beside a zone."""
