"""The octets of DNSKEY answers against the messages that dnspython really builds."""

from __future__ import annotations

import base64
import lzma
from pathlib import Path

import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
import dns.zone
import pytest
from fixturing import FIXTURES, ROOT

from zonelint.engine.origin import find_origin
from zonelint.rollover.measure import measure
from zonelint.rollover.model import Action, Event, Key, Plan, Role, State
from zonelint.rollover.sizes import (
    LIMITS,
    Size,
    UnknownSize,
    dnskey_answer,
    key_octets,
    signature_octets,
    sizes,
)

ZONES = FIXTURES / "zones"
ARCHIVE = ROOT.parent / "shared" / "zones" / "root-2017082100.zone.xz"


def plan_of(keys: list[Key], start: State, events: list[Event] | None = None, zone: str = "example.test.") -> Plan:
    return Plan(zone, (), {key.id: key for key in keys}, start, events or [], {}, ())


def built(origin: str, records: list[tuple[str, str]]) -> int:
    """Build the answer to a DNSKEY query from the text of its records, with the DO flag and a buffer size."""
    name = dns.name.from_text(origin)
    query = dns.message.make_query(name, "DNSKEY", use_edns=0, want_dnssec=True, payload=1232)
    answer = dns.message.make_response(query)
    answer.use_edns(0, dns.flags.DO, 1232)
    for rdtype in ("DNSKEY", "RRSIG"):
        texts = [text for each, text in records if each == rdtype]
        if texts:
            answer.answer.append(dns.rrset.from_text_list(name, 3600, "IN", rdtype, texts))
    return len(answer.to_wire(max_size=65535))


SIGNED = [path for path in sorted(ZONES.glob("*.zone")) if b"RRSIG" in path.read_bytes()]


@pytest.mark.parametrize("path", SIGNED, ids=lambda path: path.stem)
def test_every_zone_of_real_signers(path: Path) -> None:
    setup = measure(str(path), find_origin=find_origin)
    plan = Plan(setup.zone, (), setup.keys, setup.start, [], {}, ())
    zone = dns.zone.from_file(str(path), setup.zone, relativize=False)
    apex = zone.find_node(setup.zone)
    records = [("DNSKEY", rdata.to_text()) for rdata in apex.find_rdataset(dns.rdataclass.IN, dns.rdatatype.DNSKEY)]
    signatures = apex.find_rdataset(dns.rdataclass.IN, dns.rdatatype.RRSIG, dns.rdatatype.DNSKEY)
    records += [("RRSIG", rdata.to_text()) for rdata in signatures]
    assert dnskey_answer(plan, setup.start) == built(setup.zone, records)


def test_the_root_zone_of_august_2017(tmp_path: Path) -> None:
    """Two KSKs, one ZSK, one signature, all RSA with 2048 bits."""
    if not ARCHIVE.is_file():
        pytest.skip(f"the archive of the root zone is not at {ARCHIVE}")
    path = tmp_path / "root.zone"
    path.write_bytes(lzma.decompress(ARCHIVE.read_bytes()))
    setup = measure(str(path), find_origin=find_origin)
    apex = [line.split(None, 4) for line in path.read_text().split("\n") if line.startswith(".")]
    records = [(words[3], words[4]) for words in apex if words[3] == "DNSKEY"]
    records += [(words[3], words[4]) for words in apex if words[3] == "RRSIG" and words[4].startswith("DNSKEY ")]
    plan = Plan(setup.zone, (), setup.keys, setup.start, [], {}, ())
    assert dnskey_answer(plan, setup.start) == built(".", records) == 1139


def rsa(bits: int, exponent: int = 65537) -> bytes:
    """Make the RDATA of an RSA key; its modulus is no product of primes, only as long as one."""
    short = exponent.to_bytes((exponent.bit_length() + 7) // 8, "big")
    return b"\x01\x00\x03\x08" + bytes((len(short),)) + short + b"\xff" * (bits // 8)


@pytest.mark.parametrize("zone", [".", "a.", "example.org.", "x" * 63 + "." + "y" * 63 + ".example."])
@pytest.mark.parametrize("bits", [1024, 1280, 2048, 4096])
@pytest.mark.parametrize("exponent", [3, 65537, 4294967297])
@pytest.mark.parametrize("signers", [0, 1, 3])
def test_rsa_keys_of_all_lengths_and_exponents(zone: str, bits: int, exponent: int, signers: int) -> None:
    rdata = rsa(bits, exponent)
    keys = [Key(f"ksk-{i}", Role.ksk, 8, i, len(rdata)) for i in range(3)]
    names = frozenset(key.id for key in keys)
    start = State(dnskey=names, dnskey_signers=frozenset(sorted(names)[:signers]))
    numbers = [base64.b64encode(rdata[4:-1] + bytes((i,))).decode() for i in range(3)]
    texts = [("DNSKEY", f"257 3 8 {number}") for number in numbers]
    signature = base64.b64encode(bytes(bits // 8)).decode()
    head = "DNSKEY 8 1 3600 20260701000000 20260601000000"
    texts += [("RRSIG", f"{head} {i} {zone} {signature}") for i in range(signers)]
    assert dnskey_answer(plan_of(keys, start, zone=zone), start) == built(zone, texts)


def test_a_zone_without_keys_has_an_answer_without_records() -> None:
    start = State()
    assert dnskey_answer(plan_of([], start), start) == built("example.test.", [])


def test_only_keys_of_the_set_sign_it() -> None:
    keys = [Key("ksk-1", Role.ksk, 13, 1, 68), Key("ksk-2", Role.ksk, 13, 2, 68)]
    one = State(dnskey=frozenset({"ksk-1"}), dnskey_signers=frozenset({"ksk-1"}))
    both = State(dnskey=frozenset({"ksk-1"}), dnskey_signers=frozenset({"ksk-1", "ksk-2"}))
    plan = plan_of(keys, one)
    assert dnskey_answer(plan, one) == dnskey_answer(plan, both)


@pytest.mark.parametrize(
    ("algorithm", "octets"), [(5, 264), (8, 264), (10, 264), (13, 68), (14, 100), (15, 36), (16, 61)]
)
def test_keys_that_are_not_made_have_the_size_that_signers_choose(algorithm: int, octets: int) -> None:
    new = Key("new", Role.ksk, algorithm)
    assert key_octets(plan_of([new], State()), new) == octets


def test_a_new_key_is_as_long_as_the_old_one_of_its_role() -> None:
    keys = [
        Key("ksk-1", Role.ksk, 8, 1, 520), Key("zsk-1", Role.zsk, 8, 2, 136), Key("zsk-9", Role.zsk, 13, 3, 68),
        Key("ksk-2", Role.ksk, 8), Key("csk-1", Role.csk, 8), Key("zsk-2", Role.zsk, 8), Key("ksk-3", Role.ksk, 13),
    ]  # fmt: skip
    plan = plan_of(keys, State(dnskey=frozenset({"ksk-1", "zsk-1", "zsk-9"})))
    assert [key_octets(plan, key) for key in keys[3:]] == [520, 520, 136, 68]


def test_a_key_that_only_has_a_ds_is_no_model() -> None:
    keys = [Key("ksk-1", Role.ksk, 8, 1), Key("ksk-2", Role.ksk, 8)]
    plan = plan_of(keys, State(ds=frozenset({"ksk-1"}), dnskey=frozenset({"ksk-1"})))
    assert key_octets(plan, keys[1]) == 264


@pytest.mark.parametrize(("algorithm", "octets"), [(13, 64), (14, 96), (15, 64), (16, 114)])
def test_signatures_of_curves_do_not_depend_on_the_key(algorithm: int, octets: int) -> None:
    assert signature_octets(algorithm, 0) == signature_octets(algorithm, 4711) == octets


@pytest.mark.parametrize("algorithm", [0, 4, 200, 253])
def test_an_unknown_algorithm_is_said(algorithm: int) -> None:
    key = Key("x", Role.csk, algorithm, 1)
    start = State(dnskey=frozenset({"x"}), dnskey_signers=frozenset({"x"}))
    with pytest.raises(UnknownSize, match=f"algorithm {algorithm} is not known"):
        dnskey_answer(plan_of([key], start), start)


def test_sizes_after_each_step() -> None:
    """A KSK rollover by double KSK, then its ZSK by pre-publication, both P-256: 68-octet keys, 64-octet signatures."""
    keys = [Key(f"{role}-{n}", Role(role), 13, None, 68) for role in ("ksk", "zsk") for n in (1, 2)]
    names = frozenset({"ksk-1", "zsk-1"})
    start = State(dnskey=names, dnskey_signers=frozenset({"ksk-1"}), zone_signers=frozenset({"zsk-1"}))
    events = [
        Event(200, Action.remove_key, "ksk-1"),
        Event(100, Action.publish_key, "ksk-2"),
        Event(100, Action.sign_dnskey, "ksk-2"),
        Event(150, Action.check),
        Event(300, Action.publish_key, "zsk-2"),
    ]
    key, signature = 2 + 10 + 68, 2 + 10 + 18 + 14 + 64
    base = 12 + 14 + 4 + 11
    plan = plan_of(keys, start, events)
    assert dnskey_answer(plan, start) == base + 2 * key + signature
    assert sizes(plan) == [
        Size(100, base + 3 * key + 2 * signature),
        Size(150, base + 3 * key + 2 * signature),
        Size(200, base + 2 * key + signature),
        Size(300, base + 3 * key + signature),
    ]


@pytest.mark.parametrize(
    ("octets", "exceeded"), [(512, 0), (1232, 0), (1233, 1), (1452, 1), (1453, 2), (1472, 2), (1473, 3), (4096, 3)]
)
def test_limits_are_exceeded_above_them_only(octets: int, exceeded: int) -> None:
    assert len(Size(0, octets).exceeded) == exceeded


def test_limits_are_what_packets_leave() -> None:
    assert [limit.octets for limit in LIMITS] == [1280 - 40 - 8, 1500 - 40 - 8, 1500 - 20 - 8]
