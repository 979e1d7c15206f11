"""From one version of a zone to the next: whether a cache that holds the one goes bogus when it meets the other."""
