"""Keys, signatures and hashes: DNSSEC as pure functions of octets, with no file in sight."""
