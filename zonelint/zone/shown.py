"""RDATA as text, for reports that show records: the presentation form of its type, else that of RFC 3597."""

from __future__ import annotations


def rdata_text(rdtype: int, rdata: bytes) -> str:
    """Write RDATA, given in wire form without compression; absolute names, one line."""
    import dns.exception
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype

    try:
        known = dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.RdataType.make(rdtype), rdata, 0, len(rdata))
        # keys and digests in one piece
        return known.to_text(chunksize=0)
    except (dns.exception.DNSException, ValueError):
        return f"\\# {len(rdata)} {rdata.hex()}".rstrip()
