"""Random valid zones, each from one seed, signed by the real signers with random parameters."""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from fixturing import FIXTURES

sys.path.append(str(FIXTURES))

from building import signers
from building.keys import Key, key

ALGORITHMS = (8, 13, 14, 15, 16)
SIGNERS = ("bind", "ldns", "knot")
DENIALS = ("nsec", "nsec3", "salted", "optout")
ORIGINS = ("example.test", "MixedCase.example.test", "a.b.c.d.example.test", "xn--bcher-kva.test", "0-9.test")
ODD = (
    r"first\.last", r"sp\032ace\255", r"\000\001", r"se\;mi", r"back\\slash", r"\(paren\)",
    "_under._score", "0", "-", "x" * 63, ".".join(["deep"] * 20), "UPPER.lower", r"\065\122", "a--b", "*.inner",
)  # fmt: skip
"""Names that look odd and are legal, for records that are no addresses."""
ESCAPED = (r"quo\"te", r"d\$llar", r"\@")
"""More of them; ldns 1.8.3 writes these without the backslash, so that others cannot read the line back."""

_DS = (
    "{tag} 13 2 " + "5A" * 32,
    "{tag} 15 4 " + "C3" * 48,
    "{tag} 8 2 " + "0F" * 32,
)


@dataclass(frozen=True)
class Signed:
    """A signed zone, one record a line, and how it came about."""

    origin: str
    lines: tuple[str, ...]
    made_by: str


def unsigned(dice: random.Random, origin: str, odd: Sequence[str] = ODD) -> str:
    """Give a random zone without a fault: absolute names, one record a line; some of the names in `odd` occur."""
    return "".join(f"{row}\n" for row in _Zone(dice, origin, odd).rows)


def signed(seed: int) -> Signed:
    """Give the signed zone of a seed. The text of ECDSA signatures, and of Knot's keys, differs from call to call."""
    dice = random.Random(seed)
    origin, signer, algorithm = dice.choice(ORIGINS), dice.choice(SIGNERS), dice.choice(ALGORITHMS)
    denial, single = dice.choice(DENIALS), dice.random() < 0.3
    text = unsigned(dice, origin, ODD if signer == "ldns" else (*ODD, *ESCAPED))
    salt = f"{dice.randrange(1, 2**32):08X}" if denial == "salted" else ""
    if signer == "knot":
        made = signers.knot(text, algorithm, "nsec3" if salt else denial, single, origin, salt=len(salt) // 2)
    elif signer == "ldns":
        chain = [] if denial == "nsec" else ["-n", "-t", "0"]
        chain += ["-s", salt] * bool(salt) + ["-p"] * (denial == "optout")
        made = signers.ldns(text, _keys(algorithm, single), chain, origin)
    else:
        chain = [] if denial == "nsec" else ["-3", salt or "-", *["-A"] * (denial == "optout")]
        # -x: without it the ZSK signs the DNSKEY set too
        chain += ["-x"] * (dice.random() < 0.5 and not single)
        made = signers.bind(text, _keys(algorithm, single), chain, origin=origin)
    rows = [line.split(" ;{", 1)[0] for line in made.splitlines() if line and line[0] != ";"]
    way = f"seed {seed}: {signer}, algorithm {algorithm}, {denial}, {'one key' if single else 'KSK and ZSK'}, {origin}"
    return Signed(origin, tuple(filter(None, map(str.strip, rows))), way)


def _keys(algorithm: int, single: bool) -> list[Key]:
    roles = ["ksk"] if single else ["ksk", "zsk"]
    return [key(f"{algorithm}/{role}") for role in roles]


class _Zone:
    """The rows of a zone as they are thrown."""

    def __init__(self, dice: random.Random, origin: str, odd: Sequence[str]) -> None:
        self.dice, self.origin, self.unusual, self.rows = dice, origin, odd, list[str]()
        self.taken: set[str] = set()
        minimum = dice.choice((300, 900, 3600))
        timers = f"{dice.randrange(1, 2**32)} {dice.choice((7200, 14400))} 3600 1209600 {minimum}"
        self.add("@", "SOA", f"{self.full('ns1')} {self.full('host.master')} {timers}", dice.choice((900, 3600, 86400)))
        self.set("@", "NS", [self.full("ns1"), "ns.example.net."])
        self.address("ns1")
        makers = (
            self.host, self.host, self.alias, self.mail, self.service, self.texts, self.odd, self.wildcard, self.ent,
            self.insecure, self.secure, self.dname, self.rare, self.apex,
        )  # fmt: skip
        for number in range(dice.randrange(4, 16)):
            dice.choice(makers)(f"n{number}")

    def full(self, name: str) -> str:
        """Give the absolute form of a name relative to the origin."""
        return f"{self.origin}." if name == "@" else f"{name}.{self.origin}."

    def add(self, name: str, kind: str, rdata: str, ttl: int) -> None:
        self.rows.append(f"{self.full(name)} {ttl} IN {kind} {rdata}")

    def set(self, name: str, kind: str, rdatas: list[str]) -> None:
        """Add an RRset with a TTL of its own."""
        ttl = self.dice.choice((60, 300, 3600, 7200, 86400))
        for rdata in rdatas:
            self.add(name, kind, rdata, ttl)

    def label(self, name: str) -> str:
        """Give a host's label, its case mixed at times."""
        dice = self.dice
        made = dice.choice(("", "host-", "w", "very-long-label-of-a-host-")) + name
        return made.upper() if dice.random() < 0.1 else made

    def address(self, name: str) -> None:
        dice = self.dice
        kinds = dice.choice((("A",), ("AAAA",), ("A", "AAAA")))
        for kind in kinds:
            form = "192.0.2.{}" if kind == "A" else "2001:db8::{:x}"
            self.set(name, kind, [form.format(each) for each in dice.sample(range(1, 255), dice.choice((1, 1, 2, 4)))])

    def host(self, name: str) -> None:
        name = self.label(name)
        self.address(name)
        if self.dice.random() < 0.4:
            self.set(name, "SSHFP", ["4 2 " + "ab" * 32])
        if self.dice.random() < 0.4:
            self.set(name, "CAA", ['0 issue "ca.example.net"', '128 issuewild ";"'][: self.dice.choice((1, 2))])
        if self.dice.random() < 0.3:
            self.set(f"_443._tcp.{name}", "TLSA", ["3 1 1 " + "0d" * 32, "3 1 2 " + "1e" * 64])

    def alias(self, name: str) -> None:
        self.address(f"{name}-target")
        self.set(self.label(name), "CNAME", [self.dice.choice((self.full(f"{name}-target"), "www.example.net."))])

    def mail(self, name: str) -> None:
        self.address(f"mx.{name}")
        self.set(name, "MX", [f"10 {self.full(f'mx.{name}')}", "20 Mail.Example.NET."])
        self.set(name, "TXT", ['"v=spf1 mx -all"'])

    def service(self, name: str) -> None:
        self.address(f"{name}-server")
        target = self.full(f"{name}-server")
        self.set(f"_sip._tcp.{name}", "SRV", [f"0 5 5060 {target}", f"1 0 5061 {target}"])

    def texts(self, name: str) -> None:
        dice = self.dice
        some = ["".join(dice.choice("abc XYZ 019 .,-") for _ in range(dice.choice((0, 1, 20, 255)))) for _ in range(3)]
        self.set(self.label(name), "TXT", [" ".join(f'"{each}"' for each in some), r'"quote \" and \\ and \255"'])

    def odd(self, name: str) -> None:
        name = self.dice.choice(self.unusual)
        if name not in self.taken:
            self.taken.add(name)
            self.set(name, "TXT", [f'"{len(self.taken)}"'])

    def wildcard(self, name: str) -> None:
        kind, rdata = self.dice.choice((("A", "192.0.2.77"), ("TXT", '"any"'), ("CNAME", "www.example.net."),
                                        ("MX", "10 mail.example.net.")))  # fmt: skip
        self.set(f"*.{name}", kind, [rdata])
        if self.dice.random() < 0.3:
            self.set(f"*.{name}.more", "TXT", ['"a wildcard below an empty non-terminal"'])

    def ent(self, name: str) -> None:
        self.address(f"a.b.c.{name}" if self.dice.random() < 0.5 else f"a.{name}")

    def insecure(self, name: str) -> None:
        dice = self.dice
        if dice.random() < 0.3:
            name = f"only.below.{name}"
        if dice.random() < 0.5:
            self.set(name, "NS", ["ns1.example.net.", "ns2.example.net."][: dice.choice((1, 2))])
            return
        inside = dice.choice((f"ns.{name}", f"a.b.{name}", name))
        self.set(name, "NS", [self.full(inside), "ns.example.net."])
        self.address(inside)

    def secure(self, name: str) -> None:
        self.insecure(name)
        owner = next(row.split()[0] for row in reversed(self.rows) if row.split()[3] == "NS")
        ttl = self.dice.choice((300, 3600))
        for number, form in enumerate(self.dice.sample(_DS, self.dice.choice((1, 1, 2)))):
            self.rows.append(f"{owner} {ttl} IN DS {form.format(tag=1000 + number)}")

    def dname(self, name: str) -> None:
        self.set(name, "DNAME", ["other.example.net."])
        if self.dice.random() < 0.5:
            self.set(name, "TXT", ['"beside a DNAME"'])

    def rare(self, name: str) -> None:
        self.address(name)
        kind, rdata = self.dice.choice((
            ("LOC", "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m"),
            ("NAPTR", f'100 10 "S" "SIP+D2T" "" _sip._tcp.{name}.{self.origin}.'),
            ("TYPE65280", r"\# 4 C0000201"),
            ("HTTPS", "1 . alpn=h2,h3 ipv4hint=192.0.2.81"),
            ("URI", '10 1 "https://www.example.net/"'),
            ("RP", "host.example.net. text.example.net."),
            ("AFSDB", "1 afs.example.net."),
            ("HINFO", '"RFC8482" ""'),
        ))  # fmt: skip
        if kind == "NAPTR":
            self.set(f"_sip._tcp.{name}", "SRV", [f"0 5 5060 {self.full(name)}"])
        self.set(name, kind, [rdata])

    def apex(self, name: str) -> None:
        if "apex" not in self.taken:
            self.taken.add("apex")
            self.address("@")
            self.set("@", "TXT", ['"v=spf1 -all"', f'"site={name}"'])
            self.set("@", "CAA", ['0 issue ";"'])
