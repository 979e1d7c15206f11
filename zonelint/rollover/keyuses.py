"""Which keys a zone has, and what each of them does: who signs what, and which of them the parent leads to.

Taken from the DNSKEY set, from the signatures in the zone, from the DS records of the parent and from the key files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from zonelint.keys.dsfiles import DsRecord
from zonelint.keys.model import KeyFile
from zonelint.names import wire_from_key
from zonelint.rollover.model import Role
from zonelint.rollover.observe import Seen
from zonelint.rollover.roles import KeyUse

_DIGESTS = {1: hashlib.sha1, 2: hashlib.sha256, 4: hashlib.sha384}


def key_uses(seen: Seen, notes: list[str]) -> list[KeyUse]:
    """Put the keys of the DNSKEY set, and those known only by their signatures, together with what they sign."""
    uses = [KeyUse.of(key.rdata, key.place) for key in seen.keys]
    known = {use.name for use in uses}
    for tag, algorithm in sorted(set(seen.signers) - known):
        notes.append(f"signatures by key {tag} (algorithm {algorithm}) are in the zone, the key is not")
        uses.append(KeyUse(tag, algorithm, published=False))
    over_keys = {(signature.tag, signature.algorithm) for signature in seen.key_signatures}
    for use in uses:
        same = [other for other in uses if other.name == use.name]
        if len(same) > 1 and use is same[0]:
            notes.append(f"{len(same)} keys have tag {use.tag} and algorithm {use.algorithm}: who signs is a guess")
        count = seen.signers.get(use.name, 0)
        use.signs_keys = use.name in over_keys and (use.is_sep or not any(other.is_sep for other in same))
        use.signs_zone = bool(count) and (not use.is_sep or all(other.is_sep for other in same))
        use.signs_all = use.signs_zone and count == seen.signed
    _note_partial(seen, uses, notes)
    return uses


def _note_partial(seen: Seen, uses: Sequence[KeyUse], notes: list[str]) -> None:
    for use in uses:
        if use.signs_zone and not use.signs_all:
            count = seen.signers[use.name]
            notes.append(
                f"key {use.tag} signs {count} of {seen.signed} signed RRsets: the zone is being signed anew, or its "
                "signer was interrupted; wait until one key signs them all before you remove any"
            )


def assume_ds(uses: Sequence[KeyUse], notes: list[str], *, anchored: bool) -> None:
    """Take those keys for the parent's that a DS can point at: they sign the DNSKEY set, and have the SEP flag."""
    entries = [use for use in uses if use.signs_keys and not use.is_revoked]
    chosen = [use for use in entries if use.is_sep] or entries
    for use in chosen:
        use.has_ds = True
    tags = ", ".join(str(use.tag) for use in chosen)
    if chosen and not anchored:
        notes.append(f"assumed: the parent has a DS record for key {tags} (say what it has with --ds FILE)")
    elif chosen:
        notes.append(f"assumed: resolvers trust key {tags} (RFC 5011)")
        notes += [
            f"key {use.tag} is published and does not sign: nobody is assumed to trust it yet"
            for use in uses
            if use.is_sep and not use.signs_keys and not use.is_revoked
        ]


def match_ds(uses: list[KeyUse], records: Sequence[DsRecord], apex: bytes, notes: list[str]) -> None:
    """Note which keys the DS records of the parent lead to; a DS of no key in the zone stands for one more key."""
    owner = wire_from_key(apex)
    for record in records:
        use = next((use for use in uses if use.rdata and is_digest(record, use, owner)), None)
        if use is None:
            name = record.tag, record.algorithm
            use = next((use for use in uses if not use.rdata and use.name == name), None)
        if use is None:
            notes.append(f"the DS record {record.tag} (algorithm {record.algorithm}) matches no DNSKEY of the zone")
            use = KeyUse(record.tag, record.algorithm, published=False)
            uses.append(use)
        use.has_ds = True


def is_digest(record: DsRecord, use: KeyUse, owner: bytes) -> bool:
    """Tell whether a DS record belongs to a key (RFC 4034 section 5.1.4); an unknown digest is taken for right."""
    if (record.tag, record.algorithm) != use.name:
        return False
    make = _DIGESTS.get(record.digest_type)
    return make is None or make(owner + use.rdata).digest() == record.digest


def match_files(uses: Sequence[KeyUse], files: Sequence[KeyFile], notes: list[str]) -> None:
    """Note the keys whose private part is not among the key files, if there are any files."""
    if not files:
        return
    private = {file.public.rdata for file in files if file.public and file.private}
    # the flags are left out: a key in the files may not be revoked yet
    notes += [
        f"the private part of key {use.tag} is not in the key directory"
        for use in uses
        if use.rdata and all(use.rdata[2:] != rdata[2:] for rdata in private)
    ]


def number_keys(uses: Sequence[KeyUse]) -> dict[str, KeyUse]:
    """Number the keys of each role: those that sign first, then by tag."""
    ids: dict[str, KeyUse] = {}
    for role in Role:
        mine = [use for use in uses if use.role == role]
        mine.sort(key=lambda use: (not (use.signs_keys or use.signs_zone), not use.published, use.tag))
        ids.update({f"{role}-{number}": use for number, use in enumerate(mine, 1)})
    return ids
