"""How validators that lack something see a zone (`rules/tables/validators.yaml`)."""

from __future__ import annotations

from zonelint.catalogue import table
from zonelint.source.rdtypes import DNSKEY
from zonelint.zone.index import ZoneIndex


def views(index: ZoneIndex) -> dict[str, str]:
    """Tell by what a validator may lack how it sees the zone; only what makes a difference to its algorithms.

    `insecure` is like unsigned; `secure` says that another algorithm of the zone still protects it.
    """
    keys = index.context.keys
    signing = {keys[number][3] for number in index.signing if number < len(keys)}
    if DNSKEY not in index.apex or not signing:
        return {}
    seen = {}
    for row in table("validators")["views"]:
        refused = signing.intersection(row["algorithms"])
        if refused:
            seen[str(row["lacks"])] = "secure" if signing - refused else "insecure"
    return seen
