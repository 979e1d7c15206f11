"""Key files against the zone: whether the DNSKEY set shows what timing metadata and key states say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zonelint.dnssec.keys import REVOKED
from zonelint.findings import Finding, Place
from zonelint.keys.model import KeyFile, PublicPart, ZoneKey
from zonelint.names import text_from_key
from zonelint.times import to_text

_VISIBLE = ("rumoured", "omnipresent")
_OTHERS_READ = 0o044


def check_key_files(files: Sequence[KeyFile], zone_keys: Sequence[ZoneKey], origin: str) -> Iterator[Finding]:
    """Judge what does not depend on the time: the files themselves, key states, zone keys without file.

    `files` are the key files of this zone, `zone_keys` the DNSKEY set at its apex, `origin` its name as text.
    """
    zone = _by_octets(zone_keys)
    yield from check_names(files)
    for file in files:
        if file.public:
            yield from _pair(file, file.public)
            yield from _state(file, _in_zone(zone, file.public))
        yield from _mode(file)
    yield from _without_file(files, zone_keys, origin)


def check_names(files: Sequence[KeyFile]) -> Iterator[Finding]:
    """Judge whether the names of key files are those of the keys in them."""
    for file in files:
        if file.public:
            yield from _name(file, file.public)


def check_key_times(files: Sequence[KeyFile], zone_keys: Sequence[ZoneKey], at: int) -> Iterator[Finding]:
    """Judge the timing metadata of key files against the DNSKEY set at `at`, in seconds since 1970 UTC."""
    zone = _by_octets(zone_keys)
    for file in files:
        if file.public:
            shown = _in_zone(zone, file.public)
            # Where a key manager keeps states, the dates were its plan and the states are what it did.
            if not (file.state and "dnskey" in file.state.states):
                yield from _publication(file, file.public, shown, at)
            if shown:
                yield from _signing(file, file.public, shown, at)
                yield from _revocation(file, file.public, shown, at)


_Zone = dict[tuple[int, bytes], list[ZoneKey]]


def _by_octets(zone_keys: Sequence[ZoneKey]) -> _Zone:
    # Flags and tag change when a key is revoked (RFC 5011 section 2.1); algorithm and octets stay.
    zone: _Zone = {}
    for key in zone_keys:
        zone.setdefault((key.algorithm, key.key), []).append(key)
    return zone


def _in_zone(zone: _Zone, public: PublicPart) -> list[ZoneKey]:
    return zone.get((public.algorithm, public.key), [])


def _finding(rule: str, message: str, place: Place, file: KeyFile, shown: Sequence[ZoneKey] = ()) -> Finding:
    related = tuple((key.place, "the key in the zone") for key in shown)
    owner, key = text_from_key(file.name), f"{file.algorithm}/{file.tag}"
    return Finding(rule, message, place, owner, "DNSKEY", key, related)


def _name(file: KeyFile, public: PublicPart) -> Iterator[Finding]:
    differs = [
        f"{what} {said} but the record has {found}"
        for what, said, found in (
            ("name", text_from_key(file.name), text_from_key(public.owner)),
            ("algorithm", file.algorithm, public.algorithm),
            ("key tag", file.tag, public.tag),
        )
        if said != found
    ]
    if differs:
        yield _finding("key-file-name-mismatch", f"file name says {', '.join(differs)}", public.top, file)


def _pair(file: KeyFile, public: PublicPart) -> Iterator[Finding]:
    private = file.private
    if private is None or private.algorithm is None:
        return
    if private.algorithm != public.algorithm:
        message = f"private part is of algorithm {private.algorithm}, the public key of {public.algorithm}"
    elif private.public is not None and private.public != public.key:
        message = f"private part does not belong to the public key {public.tag}"
    else:
        return
    yield _finding("key-private-mismatch", message, private.top, file)


def _mode(file: KeyFile) -> Iterator[Finding]:
    private = file.private
    if private and private.mode is not None and private.mode & _OTHERS_READ:
        message = f"mode {private.mode:04o} lets others than the owner read this private key"
        yield _finding("key-private-readable", message, private.top, file)


def _state(file: KeyFile, shown: list[ZoneKey]) -> Iterator[Finding]:
    state = file.state.states.get("dnskey") if file.state else None
    if file.state is None or state is None:
        return
    place = file.state.places["dnskey"]
    if state in _VISIBLE and not shown:
        yield _finding("key-state-mismatch", f"DNSKEY is {state} but not in the zone", place, file)
    elif state == "hidden" and shown:
        yield _finding("key-state-mismatch", "DNSKEY is hidden but in the zone", place, file, shown)


def _without_file(files: Sequence[KeyFile], zone_keys: Sequence[ZoneKey], origin: str) -> Iterator[Finding]:
    held = {(file.public.algorithm, file.public.key) for file in files if file.public}
    # A file whose contents are damaged has its own finding; its name still vouches for the key.
    named = {(file.algorithm, file.tag) for file in files if not file.public}
    for key in zone_keys:
        if (key.algorithm, key.key) not in held and (key.algorithm, key.tag) not in named:
            message = f"no key file for key {key.tag} (algorithm {key.algorithm})"
            which = f"{key.algorithm}/{key.tag}"
            yield Finding("zone-key-without-file", message, key.place, origin, "DNSKEY", which)


def _publication(file: KeyFile, public: PublicPart, shown: list[ZoneKey], at: int) -> Iterator[Finding]:
    publish, activate, delete = (file.timing.get(name) for name in ("Publish", "Activate", "Delete"))
    # dnssec-signzone -S: a key without timing metadata is published, and so is one that is active.
    since = [time for time in (publish, activate) if time is not None and time <= at]
    if delete is not None and delete <= at:
        if shown:
            message = f"key {public.tag} was to be deleted at {to_text(delete)} but is in the zone"
            yield _finding("key-not-removed", message, public.place, file, shown)
    elif since or not file.timing:
        if not shown:
            when = f"was to be published at {to_text(min(since))}" if since else "has no timing metadata"
            message = f"key {public.tag} {when} but is not in the zone"
            yield _finding("key-not-published", message, public.place, file)
    elif publish is not None and shown:
        message = f"key {public.tag} is to be published at {to_text(publish)} but is in the zone"
        yield _finding("key-published-early", message, public.place, file, shown)


def _signing(file: KeyFile, public: PublicPart, shown: list[ZoneKey], at: int) -> Iterator[Finding]:
    activate = file.timing.get("Activate")
    if activate is None:
        return
    ends = [time for time in (file.timing.get("Inactive"), file.timing.get("Delete")) if time is not None]
    states = file.state.states if file.state else {}
    signing = [states[name] in _VISIBLE for name in ("krrsig", "zrrsig") if name in states]
    signs = any(key.signs for key in shown)
    if activate > at:
        # A key that is being revoked signs in any case (RFC 5011 section 2.1).
        if signs and not any(signing) and not any(key.flags & REVOKED for key in shown):
            message = f"key {public.tag} is to become active at {to_text(activate)} but signs the zone"
            yield _finding("key-signs-early", message, public.place, file, shown)
    elif all(at < end for end in ends) and not signs and (any(signing) or not signing):
        message = f"key {public.tag} is active since {to_text(activate)} but signs nothing in the zone"
        yield _finding("key-not-signing", message, public.place, file, shown)


def _revocation(file: KeyFile, public: PublicPart, shown: list[ZoneKey], at: int) -> Iterator[Finding]:
    revoke, delete = file.timing.get("Revoke"), file.timing.get("Delete")
    if revoke is None or revoke > at or (delete is not None and delete <= at):
        return
    if not any(key.flags & REVOKED for key in shown):
        message = f"key {public.tag} was to be revoked at {to_text(revoke)} but its REVOKE flag is not set"
        yield _finding("key-not-revoked", message, public.place, file, shown)
