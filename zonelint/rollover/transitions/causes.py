"""What a combination of cached versions that fails says about the change: one rule a cause."""

from __future__ import annotations

import re

from zonelint.rollover.prove import Witness
from zonelint.rollover.timeline import FOREVER
from zonelint.rollover.transitions.pair import Pair
from zonelint.rollover.transitions.scenes import DOUBLED, RETIRED, SWAPPED, YOUNG, Scene

_STRICT = re.compile(r"^algorithm (\d+) is in the (DS|DNSKEY) set and does not sign (the DNSKEY set|the data)$")
_ENTRY = ("the DS set points at", "the trust anchors are")


def cause(witness: Witness, scene: Scene, pair: Pair, at: int) -> str | None:
    """Name the rule that a failing combination breaks; None where it is not the change at `at` that breaks it."""
    reason = witness.reason
    if reason.endswith(("have expired", "not valid yet")):
        return _validity(witness, at)
    versions = about(witness)
    if all(version < at for version in versions.values()):
        return None
    if _STRICT.match(reason):
        return _strict(witness, pair, at)
    if reason.startswith("NSEC3 with"):
        return "nsec3-ahead-of-algorithm"
    if reason.startswith(_ENTRY):
        return _entry(witness, pair, at)
    if reason.startswith("there is a DS record"):
        return "insecure-with-ds" if witness.data.published >= at else "ds-ahead-of-key"
    if reason.startswith("the data are signed by"):
        return _signer(witness, scene, at)
    return None


def about(witness: Witness) -> dict[str, int]:
    """Give the publication of each version that a reason is about."""
    ds, dnskey, data = (each.published for each in (witness.ds, witness.dnskey, witness.data))
    strict = _STRICT.match(witness.reason)
    if strict:
        listed = {"ds": ds} if strict[2] == "DS" else {"dnskey": dnskey}
        return listed | ({"dnskey": dnskey} if strict[3] == "the DNSKEY set" else {"data": data})
    if witness.reason.startswith(_ENTRY):
        return {"ds": ds, "dnskey": dnskey}
    if witness.reason.startswith("there is a DS record"):
        return {"ds": ds, "data": data}
    return {"dnskey": dnskey, "data": data}


def _validity(witness: Witness, at: int) -> str | None:
    version = witness.data if f" {witness.data.rrset} " in witness.reason else witness.dnskey
    if witness.reason.endswith("not valid yet"):
        return "signatures-ahead-of-time" if version.published >= at else None
    if version.published >= at:
        return "signatures-too-short"
    # what has expired before is an outage already, and the new version ends it
    return "signatures-outlived" if witness.start > at else None


def _strict(witness: Witness, pair: Pair, at: int) -> str:
    """Tell whether an algorithm came before all was signed by it, or went while sets that list it are still in use."""
    match = _STRICT.match(witness.reason)
    assert match
    if match[2] == "DS":
        return "algorithm-added-early" if witness.ds.published >= at else "algorithm-removed-early"
    known = {pair.keys[key].algorithm for key in pair.old.state.dnskey}
    is_new = witness.dnskey.published >= at and int(match[1]) not in known
    return "algorithm-added-early" if is_new else "algorithm-removed-early"


def _entry(witness: Witness, pair: Pair, at: int) -> str:
    """Name the cause where no DS leads to a key of the DNSKEY set that signs it."""
    if witness.dnskey.published < at:
        return "cds-ahead-of-key" if witness.ds.step == "publish-cds" else "ds-ahead-of-key"
    if not witness.dnskey.contents.keys:
        return "insecure-with-ds"
    if witness.ds.contents.keys & pair.new.state.revoked:
        return "revoked-key-has-ds"
    return "ksk-exchanged-before-ds" if witness.ds.gone == FOREVER else "ksk-dropped-early"


def _signer(witness: Witness, scene: Scene, at: int) -> str | None:
    """Name the cause where data are signed by a key that is not in the DNSKEY set."""
    if witness.data.published < at:
        return "zsk-dropped-early"
    if witness.dnskey.published < at:
        if scene.past in (YOUNG, DOUBLED, SWAPPED):
            return "zsk-too-young"
        return "zsk-unknown-to-caches" if scene.past != RETIRED else None
    return None  # the new version is at odds with itself, which the rules about signatures say
