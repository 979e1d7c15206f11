"""Denial of existence by choice: opt-out without use, compact denial, parameters where no server looks for them."""

from __future__ import annotations

from collections.abc import Iterator

from zonelint.catalogue import option
from zonelint.checks.inputs import Inputs
from zonelint.checks.nsec import is_compact
from zonelint.checks.registry import Scan, found, node_check, zone_check
from zonelint.findings import Field, Finding
from zonelint.names import text_from_key
from zonelint.source.rdtypes import DS, NSEC, NSEC3, NSEC3PARAM
from zonelint.zone.index import Status, ZoneIndex
from zonelint.zone.model import Node

_OPT_OUT = 1


@zone_check("nsec-compact-denial")
def check_compact(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """Every NSEC record is one for compact denial of existence (RFC 9824 section 3)."""
    if index.links and index.signatures and all(map(is_compact, index.links)):
        link = index.links[0]
        number = len(index.links)
        message = f"all {number} NSEC records" if number > 1 else "the NSEC record"
        message += " denies" if number == 1 else " deny"
        message += " single names only (compact denial): servers must make the others as they answer"
        yield found("nsec-compact-denial", message, index.place(link.position, 0), link.owner, NSEC)


@zone_check("nsec3-opt-out-useless")
def check_opt_out(index: ZoneIndex, _inputs: Inputs) -> Iterator[Finding]:
    """A chain that opts out leaves out some insecure delegation (RFC 9276 section 3.1)."""
    record = index.hashed[0] if index.hashed else None
    if record is None or not record.flags & _OPT_OUT or len(index.names) < option("nsec3-opt-out-useless", "names"):
        return
    insecure = [DS not in facts.types for facts in index.facts]
    if not any(status == Status.cut and insecure[kind] for status, kind in index.standings):
        message = f"the chain opts out, and none of the {len(index.names)} names is a delegation without DS"
        yield found("nsec3-opt-out-useless", message, index.place(record.position, 1), record.owner, NSEC3)


@node_check("nsec3param-below-apex", types=[NSEC3PARAM])
def check_parameters(owner: bytes, node: Node, scan: Scan) -> Iterator[Finding]:
    """NSEC3PARAM stands at the apex only (RFC 5155 section 4)."""
    if owner != scan.context.apex:
        message = f"NSEC3PARAM at {text_from_key(owner)}, which is not the apex: no server looks for it there"
        place = scan.place(node[NSEC3PARAM].positions[0], Field.rdtype)
        yield found("nsec3param-below-apex", message, place, owner, NSEC3PARAM)
