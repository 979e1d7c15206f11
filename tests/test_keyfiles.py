"""Key files: reading them, bad ones, what never leaves them, and the checks against a zone."""

from __future__ import annotations

import base64
import dataclasses
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdatatype
import dns.zone
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from zonelint.checks.keyfiles import check_key_files, check_key_times
from zonelint.engine import CheckOptions, check
from zonelint.findings import Finding, Place
from zonelint.keys.fields import Damaged, read_time
from zonelint.keys.keyfiles import SIZE_LIMIT, read_key_directory, read_public, read_state
from zonelint.keys.model import KeyFile, PublicPart, ZoneKey
from zonelint.keys.private import read_private
from zonelint.keys.secret import may_show
from zonelint.names import BadName, key_from_text

RULES = Path(__file__).parent.parent / "fixtures" / "rules"
FAMILY = sorted(
    path
    for rule in (
        "key-file-*",
        "key-private-*",
        "key-publ*",
        "key-not-*",
        "key-signs-*",
        "key-state-*",
        "zone-key-*",
    )
    for path in RULES.glob(f"{rule}/*.zone")
)
FAMILY_RULES = {path.parent.name for path in FAMILY}
AT = read_time(b"20260615000000")


def b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class Pair:
    """A fresh key: its DNSKEY as dnspython writes it, its .private text, the forms a leak would have."""

    def __init__(self, algorithm: int, flags: int = 257) -> None:
        if algorithm in (5, 7, 8, 10):
            private = rsa.generate_private_key(65537, 1024)
            numbers = private.private_numbers()
            public = numbers.public_numbers
            secrets = {
                "PrivateExponent": numbers.d,
                "Prime1": numbers.p,
                "Prime2": numbers.q,
                "Exponent1": numbers.dmp1,
                "Exponent2": numbers.dmq1,
                "Coefficient": numbers.iqmp,
            }
            fields = {"Modulus": number(public.n), "PublicExponent": number(public.e)}
            fields |= {name: number(value) for name, value in secrets.items()}
            raw = [value.to_bytes((value.bit_length() + 7) // 8, "big") for value in secrets.values()]
        else:
            private, octets = self._curve(algorithm)
            fields, raw = {"PrivateKey": b64(octets)}, [octets]
        rdata = dns.dnssec.make_dnskey(private.public_key(), algorithm, flags, 3)
        self.tag = dns.dnssec.key_id(rdata)
        self.wire = rdata.to_wire()
        self.stem = f"Kexample.test.+{algorithm:03}+{self.tag:05}"
        self.key = f"; Created: 20260501000000 (x)\nexample.test. 3600 IN DNSKEY {rdata.to_text()}\n"
        lines = ["Private-key-format: v1.3", f"Algorithm: {algorithm} (X)"]
        lines += [f"{name}: {value}" for name, value in fields.items()]
        lines += ["Created: 20260501000000", "Publish: 20260501000000", "Activate: 20260502000000"]
        self.private = "\n".join(lines) + "\n"
        self.forms = [form for octets in raw for form in leaks(octets)]

    @staticmethod
    def _curve(algorithm: int) -> tuple[object, bytes]:
        if algorithm in (13, 14):
            key = ec.generate_private_key(ec.SECP256R1() if algorithm == 13 else ec.SECP384R1())
            return key, key.private_numbers().private_value.to_bytes(32 if algorithm == 13 else 48, "big")
        edwards = (ed25519.Ed25519PrivateKey if algorithm == 15 else ed448.Ed448PrivateKey).generate()
        return edwards, edwards.private_bytes_raw()

    def write(self, folder: Path) -> Path:
        (folder / f"{self.stem}.key").write_text(self.key)
        private = folder / f"{self.stem}.private"
        private.write_text(self.private)
        private.chmod(0o600)
        return private


def leaks(octets: bytes) -> list[str]:
    """The ways in which eight octets of a secret would look in a message or a representation."""
    part, text = octets[8:16], b64(octets)
    return [text[8:20], part.hex(), repr(part)[2:-1], str(int.from_bytes(octets, "big"))[:20]]


ALGORITHMS = (5, 7, 8, 10, 13, 14, 15, 16)
PAIRS = {algorithm: Pair(algorithm) for algorithm in ALGORITHMS}


def only(folder: Path) -> KeyFile:
    keys, findings = read_key_directory(str(folder))
    assert not findings
    assert len(keys) == 1
    return keys[0]


# The fixtures: dnspython reads the zone, and the files must give what is written in them.


def expected(path: Path) -> set[tuple[str, int, str]]:
    """The findings of this family that a zone file and its companions expect."""
    found = set()
    for file in (path, *path.with_suffix(".keys").iterdir()):
        for number_, line in enumerate(file.read_text().splitlines(), 1):
            for rule in re.findall(r"[\w-]+", line.partition("; expect:")[2]):
                if rule in FAMILY_RULES:
                    found.add((file.name, number_, rule))
    return found


def zone_keys(path: Path, origin: str) -> list[ZoneKey]:
    zone = dns.zone.from_text(path.read_text(), origin, relativize=False, check_origin=False)
    signers = {
        (rdata.algorithm, rdata.key_tag)
        for _, rdataset in zone.iterate_rdatasets()
        for rdata in rdataset
        if rdata.rdtype == dns.rdatatype.RRSIG
    }
    lines = path.read_bytes().splitlines(keepends=True)
    keys = []
    for rdata in zone.get_rdataset(zone.origin, dns.rdatatype.DNSKEY):
        head = rdata.to_text().split()[3][:20].encode()
        at = next(index for index, line in enumerate(lines) if head in line and b" DNSKEY " in line)
        place = Place(str(path), sum(map(len, lines[:at])), None)
        signs = (rdata.algorithm, dns.dnssec.key_id(rdata)) in signers
        keys.append(ZoneKey(rdata.to_wire(), place, signs))
    return keys


def located(finding: Finding) -> tuple[str, int, str]:
    assert finding.place
    head = Path(finding.place.file).read_bytes()[: finding.place.start]
    return Path(finding.place.file).name, head.count(b"\n") + 1, finding.rule


@pytest.mark.parametrize("path", FAMILY, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_fixture_gives_its_findings(path: Path, tmp_path: Path) -> None:
    header = path.read_text().partition("\n")[0].partition("zonelint-test:")[2]
    options = dict(word.split("=", 1) for word in shlex.split(header))
    copy = tmp_path / path.name
    shutil.copy(path, copy)
    folder = shutil.copytree(path.with_suffix(".keys"), copy.with_suffix(".keys"))
    for private in folder.glob("*.private"):
        private.chmod(int(options.get("mode", "0600"), 8))
    origin = options["origin"] + "."
    files, findings = read_key_directory(str(folder), origin)
    keys = zone_keys(copy, origin)
    findings += check_key_files(files, keys, origin)
    findings += check_key_times(files, keys, AT)
    assert {located(finding) for finding in findings} == expected(path)
    assert len(findings) == len(expected(path)), "one finding for one fault"


def test_every_rule_of_the_family_fails_and_passes() -> None:
    for rule in FAMILY_RULES:
        fails, passes = (len(list(RULES.glob(f"{rule}/{kind}-*.zone"))) for kind in ("fail", "pass"))
        assert fails >= 1, rule
        assert passes >= fails, rule
    assert len(FAMILY_RULES) == 12


# Reading the public part.


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_public_and_private_part_agree(algorithm: int, tmp_path: Path) -> None:
    pair = PAIRS[algorithm]
    pair.write(tmp_path)
    key = only(tmp_path)
    assert key.public
    assert key.private
    assert key.public.rdata == pair.wire
    assert key.public.tag == key.tag == pair.tag
    assert key.public.algorithm == key.algorithm == key.private.algorithm == algorithm
    assert key.private.public == key.public.key
    assert key.private.mode == 0o600
    assert list(check_key_files([key], [ZoneKey(pair.wire, Place("z", 0), True)], "example.test.")) == []


@pytest.mark.parametrize(
    "record",
    [
        "example.test. IN DNSKEY 257 3 13 {0} {1}",
        "example.test. 3600 DNSKEY 257 3 13 {0}{1}",
        "example.test. 1h30m IN DNSKEY 257 3 ECDSAP256SHA256 {0} {1}",
        "example.test. IN 3600 dnskey 257 3 13 {0} {1}",
        "EXAMPLE.test DNSKEY 257 3 13 {0} {1}",
        "example.test.\tIN\tDNSKEY\t257 3 13 {0}{1} ;{{id = 1 (ksk), size = 256b}}",
        "; comment\n\nexample.test. IN DNSKEY ( 257 3 13 ; flags\n {0} ; half\n\t{1} )",
        "\ufeffexample.test. IN DNSKEY 257 3 13 {0} {1}",
    ],
)
def test_spellings_of_a_public_key(record: str) -> None:
    pair = PAIRS[13]
    key = b64(pair.wire[4:])
    text = record.format(key[:40], key[40:]).encode()
    for ending in (b"", b"\n", b"\r\n"):
        public = read_public(text.replace(b"\n", ending or b"\n") + ending, "f")
        assert public
        assert public.rdata == pair.wire
        assert public.owner == key_from_text("example.test.")


def test_place_of_a_record_spans_it() -> None:
    text = PAIRS[15].key.encode()
    public = read_public(text, "f")
    assert public
    assert text[public.place.start : public.place.end] == text.splitlines()[1]
    assert text[public.top.start : public.top.end] == text.splitlines()[0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n; only a comment\n",
        "example.test.",
        "example.test. IN DNSKEY",
        "example.test. IN DNSKEY 257 3 13",
        "example.test. IN DNSKEY 257 3 13 AAA",
        "example.test. IN DNSKEY 257 3 13 A*AA",
        "example.test. IN DNSKEY 65536 3 13 AAAA",
        "example.test. IN DNSKEY 257 256 13 AAAA",
        "example.test. IN DNSKEY 257 3 256 AAAA",
        "example.test. IN DNSKEY 257 3 NOSUCH AAAA",
        "example.test. IN DNSKEY ( 257 3 13 AAAA",
        "example.test. IN DNSKEY 257 3 13 AAAA )",
        'example.test. IN DNSKEY 257 3 13 "AAAA',
        "  IN DNSKEY 257 3 13 AAAA",
        "a..test. IN DNSKEY 257 3 13 AAAA",
        "example.test. IN A 192.0.2.1",
        "example.test. IN CDNSKEY 257 3 13 AAAA",
        "example.test. IN DNSKEY 257 3 13 AAAA\nexample.test. IN DNSKEY 257 3 13 AAAB",
        "example.test. IN DNSKEY 257 3 13 AA\0A",
        PAIRS[13].private,
    ],
)
def test_no_public_key(text: str) -> None:
    with pytest.raises(Damaged) as fault:
        read_public(text.encode(), "f")
    assert 0 <= fault.value.start <= fault.value.end <= len(text)


def test_key_record_is_no_zone_key(tmp_path: Path) -> None:
    pair = PAIRS[13]
    pair.write(tmp_path).write_text("damaged\n")
    (tmp_path / f"{pair.stem}.key").write_text(pair.key.replace("DNSKEY 257", "KEY 512"))
    assert read_key_directory(str(tmp_path)) == ([], [])


# File names and directories.


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("K.+013+00001", "."),
        ("K0%2F25.2.0.192.in-addr.arpa.+013+00001", "0/25.2.0.192.in-addr.arpa."),
        ("Kexa%2Emple.test.+013+00001", "exa\\.mple.test."),
        ("Ka%2Bb.test.+013+00001", "a+b.test."),
        ("KExample.TEST+013+00001", "example.test."),
    ],
)
def test_names_of_files(name: str, owner: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.key").write_text(f"{owner} IN DNSKEY 257 3 13 AAAA\n")
    key = only(tmp_path)
    assert key.public
    assert key.name == key.public.owner == key_from_text(owner)
    assert read_key_directory(str(tmp_path), owner.upper())[0] == [key]
    assert read_key_directory(str(tmp_path), "other.test") == ([], [])


def test_other_files_are_passed_over(tmp_path: Path) -> None:
    names = (
        "Kexample.key",
        "Kexample.test.+13+1.key",
        "Kexample.test.+013+00001.key.bak",
        "K..+013+00001.key",
        "db",
    )
    for name in names:
        (tmp_path / name).write_text("nonsense")
    (tmp_path / "Kexample.test.+013+00002.state").write_text("Algorithm: 13\n")
    assert read_key_directory(str(tmp_path)) == ([], [])


def test_no_directory_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "missing", tmp_path / "file"):
        with pytest.raises(OSError, match=path.name):
            read_key_directory(str(path))


def test_bad_origin_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadName):
        read_key_directory(str(tmp_path), "a..b")


def finding_of(folder: Path, suffix: str) -> Finding:
    """The one finding in a directory, which must lie in the file with this suffix and inside its text."""
    _, findings = read_key_directory(str(folder))
    assert len(findings) == 1, findings
    finding = findings[0]
    assert finding.rule == "key-file-invalid"
    assert finding.owner == "example.test."
    assert finding.place
    assert finding.place.file.endswith(suffix)
    return finding


@pytest.mark.parametrize("suffix", [".key", ".private", ".state"])
@pytest.mark.parametrize(
    "kind", ["empty", "binary", "huge", "directory", "dangling", "loop", "pipe", "device", "refused"]
)
def test_hopeless_files(kind: str, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = PAIRS[13]
    pair.write(tmp_path)
    path = tmp_path / f"{pair.stem}{suffix}"
    path.unlink(missing_ok=True)
    if kind == "empty":
        path.touch()
    elif kind == "binary":
        path.write_bytes(bytes(range(256)))
    elif kind == "huge":
        path.write_bytes(b"Algorithm: 13 " + b"A" * SIZE_LIMIT)
    elif kind == "directory":
        path.mkdir()
    elif kind == "dangling":
        path.symlink_to(tmp_path / "nowhere")
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.write_text("x")
        real = os.stat

        def refuse(target: object, *rest: object, **named: object) -> os.stat_result:
            if str(target) == str(path):
                raise PermissionError(13, "Permission denied")
            return real(target, *rest, **named)  # type: ignore[call-overload, no-any-return]

        # Tests may run as a user whom no file mode keeps out.
        monkeypatch.setattr(os, "stat", refuse)
    finding = finding_of(tmp_path, suffix)
    wanted = {
        "directory": "is a directory",
        "huge": "larger than",
        "refused": "permission denied",
        "pipe": "regular",
    }
    assert wanted.get(kind, "") in finding.message


def test_private_part_alone(tmp_path: Path) -> None:
    pair = PAIRS[13]
    private = pair.write(tmp_path)
    (tmp_path / f"{pair.stem}.key").unlink()
    private.chmod(0o644)
    assert "missing" in finding_of(tmp_path, ".private").message
    keys = read_key_directory(str(tmp_path))[0]
    rules = [finding.rule for finding in check_key_files(keys, [], "example.test.")]
    assert rules == ["key-private-readable"]


# Timing metadata and states.


@pytest.mark.parametrize(
    ("word", "seconds"),
    [
        (b"19700101000000", 0),
        (b"20260615000000", 1781481600),
        (b"20240229235959", 1709251199),
        (b"1781481600", 1781481600),
        (b"UNSET", None),
        (b"none", None),
    ],
)
def test_times(word: bytes, seconds: int | None) -> None:
    assert read_time(word) == seconds


@pytest.mark.parametrize(
    "word", [b"", b"2026", b"20260631000000", b"20260615240000", b"2026061500000000", b"soon", b"-1"]
)
def test_no_times(word: bytes) -> None:
    with pytest.raises(ValueError, match=r"no time|range|must be"):
        read_time(word)


def test_timing_comes_from_the_private_part(tmp_path: Path) -> None:
    pair = PAIRS[13]
    private = pair.write(tmp_path)
    assert only(tmp_path).timing == {
        "Created": read_time(b"20260501000000"),
        "Publish": read_time(b"20260501000000"),
        "Activate": read_time(b"20260502000000"),
    }
    comments = (
        "; Publish: 20260601000000 (Mon)\n; Delete: never\n; SyncPublish: 1781481600\n; Activate: some day\n"
    )
    (tmp_path / f"{pair.stem}.key").write_text(comments + pair.key)
    assert "Delete" not in only(tmp_path).timing
    without = re.sub(r"(Created|Publish|Activate): .*\n", "", pair.private)
    private.write_text(without)
    created = read_time(b"20260501000000")
    fallback = {
        "Created": created,
        "Publish": read_time(b"20260601000000"),
        "Delete": None,
        "SyncPublish": AT,
    }
    assert only(tmp_path).timing == fallback
    private.unlink()
    assert only(tmp_path).timing == fallback


def test_seconds_unset_and_blanks_in_the_private_part() -> None:
    text = (
        PAIRS[15].private.replace("Publish: 20260501000000", "Publish: 1781481600")
        + "Inactive: UNSET\nSync Delete: 1781481601\n"
    )
    times = read_private(text.encode())[2]
    assert times["Publish"] == 1781481600
    assert times["Inactive"] is None
    assert times["SyncDelete"] == 1781481601


def test_states_in_any_spelling() -> None:
    lines = (
        "; of a key",
        "Lifetime: 0",
        "GoalState: OMNIPRESENT",
        "DNSKEYState: rumoured",
        "DSState:Rumored",
        "NewState: x",
    )
    text = "\n".join(lines).encode()
    state = read_state(text, "f")
    assert state.states == {"goal": "omnipresent", "dnskey": "rumoured", "ds": "rumoured"}
    place = state.places["dnskey"]
    assert text[place.start : place.end] == b"DNSKEYState: rumoured"


@pytest.mark.parametrize(
    "text", [b"", b"; x\n", b"Algorithm\n", b"DNSKEYState: omni\n", b"DNSKEYState:\n", b"A: 1\nA: 2\n", b"\0"]
)
def test_no_states(text: bytes) -> None:
    with pytest.raises(Damaged):
        read_state(text, "f")


# The private part: what is found, and what never leaves it.


@pytest.mark.parametrize("algorithm", [8, 13, 15, 16])
def test_private_part_cut_off_anywhere(algorithm: int, tmp_path: Path) -> None:
    pair = PAIRS[algorithm]
    private = pair.write(tmp_path)
    text = pair.private.encode()
    secret_ends = text.index(b"\nCreated")
    zone = [ZoneKey(pair.wire, Place("z", 0), True)]
    for length in range(len(text)):
        private.write_bytes(text[:length])
        keys, findings = read_key_directory(str(tmp_path))
        found = [*findings, *check_key_files(keys, zone, "example.test.")]
        assert len(found) <= 1
        if length < secret_ends:
            assert found, length
            assert found[0].rule in ("key-file-invalid", "key-private-mismatch")
        assert silent(pair, repr(keys), repr(found))


def silent(pair: Pair, *texts: str) -> bool:
    return not any(form in text for form in pair.forms for text in texts)


def mangled(text: str) -> Iterator[str]:
    """The private file with each line lost, doubled, unnamed, cut, spoilt or misnamed."""
    lines = text.splitlines(keepends=True)
    for at, line in enumerate(lines):
        before, after = "".join(lines[:at]), "".join(lines[at + 1 :])
        name, _, value = line.partition(": ")
        changes = (
            "",
            line + line,
            value,
            f"{name}: {value[:-3]}\n",
            f"{name}: *{value}",
            f"X{line}",
            f"{name} {value}",
        )
        for change in (
            *changes,
            f"{name}: {value.strip()}!\n",
            f"{name}: {value.strip()}AAAA\n",
            f"\x00{line}",
            f"é{line}",
        ):
            yield before + change + after
    yield text.replace("v1.3", "v2.0")
    yield "".join(reversed(lines))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_no_secret_leaves_a_damaged_private_part(algorithm: int, tmp_path: Path) -> None:
    pair = PAIRS[algorithm]
    private = pair.write(tmp_path)
    zone = [ZoneKey(pair.wire, Place("z", 0), True)]
    reported = 0
    for text in mangled(pair.private):
        private.write_text(text, encoding="utf-8")
        keys, findings = read_key_directory(str(tmp_path))
        findings += [*check_key_files(keys, zone, "example.test."), *check_key_times(keys, zone, AT)]
        reported += bool(findings)
        assert silent(pair, repr(keys), repr(findings), *(finding.message for finding in findings))
        try:
            read_private(text.encode())
        except Damaged as fault:
            assert silent(pair, repr(fault), str(fault))
            assert fault.__cause__ is None
    assert reported > 20


def test_the_leak_test_would_see_a_leak() -> None:
    for pair in PAIRS.values():
        assert not silent(pair, pair.private)
    assert not silent(PAIRS[15], repr(base64.b64decode(re.findall("PrivateKey: (.*)", PAIRS[15].private)[0])))


@pytest.mark.parametrize(
    "name",
    [
        "Modulus",
        "PublicExponent",
        "PrivateExponent",
        "Prime1",
        "Prime2",
        "Exponent1",
        "Exponent2",
        "Coefficient",
    ],
)
@pytest.mark.parametrize("value", ["AA==", "AQ==", "Ag==", "Aw==", None])
def test_numbers_that_form_no_rsa_key(name: str, value: str | None) -> None:
    foreign = re.findall(f"^{name}: (.*)$", PAIRS[10].private, re.MULTILINE)[0]
    if value is None and name == "PublicExponent":
        foreign = "Aw=="
    text = re.sub(f"^{name}: .*$", f"{name}: {value or foreign}", PAIRS[8].private, flags=re.MULTILINE)
    with pytest.raises(Damaged, match="do not form an RSA key"):
        read_private(text.encode())


@pytest.mark.parametrize(
    ("algorithm", "octets"),
    [
        (13, bytes(32)),
        (13, b"\xff" * 32),
        (14, b"\1" * 49),
        (14, b"\1" * 2000),
        (15, b"\1" * 31),
        (16, b"\1" * 32),
    ],
)
def test_octets_that_are_no_private_key(algorithm: int, octets: bytes) -> None:
    text = f"Private-key-format: v1.3\nAlgorithm: {algorithm}\nPrivateKey: {b64(octets)}\n"
    with pytest.raises(Damaged, match="not a private key of this algorithm"):
        read_private(text.encode())


def test_head_of_a_date_at_the_end_of_a_file_is_not_seconds() -> None:
    text = PAIRS[15].private.rstrip()
    assert read_private(text.encode())[2]["Activate"] == read_time(b"20260502000000")
    for length in (1, 4, 5, 13):
        with pytest.raises(Damaged, match="Activate is"):
            read_private(text[:-length].encode())


def test_small_number_without_leading_zeros_is_a_private_key() -> None:
    short, full = (
        f"Private-key-format: v1.2\nAlgorithm: 13\nPrivateKey: {b64(octets)}\n"
        for octets in (b"\7", bytes(31) + b"\7")
    )
    public = read_private(short.encode())[1]
    assert public
    assert public == read_private(full.encode())[1]


def test_wide_exponent_is_written_as_rfc_3110_says() -> None:
    key = rsa.generate_private_key(65537, 1024).private_numbers()
    n, p, q = key.public_numbers.n, key.p, key.q
    # An exponent of more than 255 octets, made by adding a multiple of the group's order to a usual one.
    order = (p - 1) * (q - 1)
    wide = 65537 + (order << 256 * 8 - order.bit_length())
    values = (n, wide, key.d, p, q, key.dmp1, key.dmq1, key.iqmp)
    names = (
        "Modulus",
        "PublicExponent",
        "PrivateExponent",
        "Prime1",
        "Prime2",
        "Exponent1",
        "Exponent2",
        "Coefficient",
    )
    lines = "".join(f"{name}: {number(value)}\n" for name, value in zip(names, values, strict=True))
    public = read_private(f"Private-key-format: v1.3\nAlgorithm: 8\n{lines}".encode())[1]
    assert public
    assert public[:3] == b"\0\1\0"
    assert int.from_bytes(public[3:259], "big") == wide
    assert int.from_bytes(public[259:], "big") == n


@pytest.mark.parametrize(
    "body",
    [
        "Algorithm: 12 (ECC-GOST)\nGostAsn1: AAAA\n",
        "Algorithm: 13\nEngine: pkcs11\nLabel: x\n",
        "Algorithm: 253\n",
    ],
)
def test_public_part_that_cannot_be_worked_out(body: str) -> None:
    assert read_private(f"Private-key-format: v1.3\n{body}".encode())[1] is None


@pytest.mark.parametrize(
    "body",
    [
        "",
        "Algorithm: \n",
        "Algorithm: x\n",
        "Algorithm: 256\n",
        "Algorithm: 13\n",
        "Algorithm: 13\nPrivateKey:\n",
    ],
)
def test_private_part_without_what_it_needs(body: str) -> None:
    with pytest.raises(Damaged):
        read_private(f"Private-key-format: v1.3\n{body}".encode())


@given(st.binary(max_size=300))
def test_no_octets_make_the_readers_raise(text: bytes) -> None:
    for octets in (
        text,
        b"Private-key-format: v1.3\nAlgorithm: 13\n" + text,
        b"example.test. IN DNSKEY 257 3 13 " + text,
    ):
        for read in (lambda data: read_public(data, "f"), lambda data: read_state(data, "f"), read_private):
            try:
                read(octets)
            except Damaged as fault:
                assert 0 <= fault.start <= fault.end <= len(octets)


def test_source_lines_that_must_not_be_shown() -> None:
    for pair in PAIRS.values():
        for line in pair.private.splitlines():
            assert not may_show("keys/Kx.+008+00001.private", line)
        secret = [line for line in pair.private.splitlines() if not silent(pair, line)]
        assert secret
        for line in secret:
            assert not may_show("db.example", line)
            assert not may_show("db.example", f"  {line.upper()}")
    for line in (
        "example.test. IN DNSKEY 257 3 13 AAAA",
        "key IN A 192.0.2.1",
        "; Publish: 20260501000000",
        "",
    ):
        assert may_show("Kx.+008+00001.key", line)


# The checks, at the second where the answer changes.

WIRE = PAIRS[13].wire
SHOWN, USED = (ZoneKey(WIRE, Place("zone", 7), signs) for signs in (False, True))
REVOKED = ZoneKey(b"\1\x81" + WIRE[2:], Place("zone", 7), True)


def key_file(timing: dict[str, int | None]) -> KeyFile:
    place = Place("Kx.key", 3, 9)
    public = PublicPart(place, Place("Kx.key", 0, 1), key_from_text("example.test"), WIRE)
    return KeyFile("Kx", key_from_text("example.test"), 13, public.tag, public, None, None, timing)


def rules_at(at: int, zone: list[ZoneKey], **timing: int | None) -> list[str]:
    return [finding.rule for finding in check_key_times([key_file(timing)], zone, at)]


@pytest.mark.parametrize(
    ("timing", "zone", "before", "then"),
    [
        ({"Publish": 100}, [], [], ["key-not-published"]),
        ({"Publish": 100}, [SHOWN], ["key-published-early"], []),
        ({"Publish": 200, "Activate": 100}, [], [], ["key-not-published"]),
        ({"Activate": 100}, [SHOWN], [], ["key-not-signing"]),
        ({"Activate": 100}, [USED], ["key-signs-early"], []),
        ({"Activate": 100}, [REVOKED], [], []),
        ({"Publish": 1, "Activate": 1, "Inactive": 100}, [SHOWN], ["key-not-signing"], []),
        ({"Publish": 1, "Delete": 100}, [], ["key-not-published"], []),
        ({"Publish": 1, "Delete": 100}, [SHOWN], [], ["key-not-removed"]),
        ({"Publish": 1, "Activate": 1, "Delete": 100}, [SHOWN], ["key-not-signing"], ["key-not-removed"]),
        ({"Publish": 1, "Revoke": 100}, [USED], [], ["key-not-revoked"]),
        ({"Publish": 1, "Revoke": 100}, [REVOKED], [], []),
        ({"Publish": 1, "Revoke": 100}, [], ["key-not-published"], ["key-not-published"]),
        ({"Publish": 1, "Revoke": 1, "Delete": 100}, [USED], ["key-not-revoked"], ["key-not-removed"]),
        ({}, [], ["key-not-published"], ["key-not-published"]),
        ({}, [SHOWN], [], []),
        ({"Created": 1}, [], [], []),
        ({"Created": 1, "Publish": None}, [SHOWN], [], []),
    ],
)
def test_times_against_the_zone(
    timing: dict[str, int | None], zone: list[ZoneKey], before: list[str], then: list[str]
) -> None:
    assert rules_at(99, zone, **timing) == before
    assert rules_at(100, zone, **timing) == then


@pytest.mark.parametrize(
    ("word", "states", "zone", "wanted"),
    [
        ("Publish", {"dnskey": "hidden"}, [], []),
        ("Publish", {"ds": "hidden"}, [], ["key-not-published"]),
        ("Activate", {"dnskey": "rumoured", "zrrsig": "hidden"}, [SHOWN], []),
        ("Activate", {"dnskey": "rumoured", "zrrsig": "rumoured"}, [SHOWN], ["key-not-signing"]),
        (
            "Activate",
            {"dnskey": "rumoured", "krrsig": "omnipresent", "zrrsig": "hidden"},
            [SHOWN],
            ["key-not-signing"],
        ),
        ("Activate", {"dnskey": "omnipresent"}, [SHOWN], ["key-not-signing"]),
    ],
)
def test_states_go_before_dates(
    word: str, states: dict[str, str], zone: list[ZoneKey], wanted: list[str]
) -> None:
    text = "".join(f"{name}State: {value}\n" for name, value in states.items()).encode()
    file = dataclasses.replace(key_file({word: 100}), state=read_state(text, "Kx.state"))
    assert [finding.rule for finding in check_key_times([file], zone, 100)] == wanted


def test_state_allows_signing_before_the_date() -> None:
    state = read_state(b"DNSKEYState: omnipresent\nZRRSIGState: rumoured\n", "Kx.state")
    file = dataclasses.replace(key_file({"Publish": 1, "Activate": 200}), state=state)
    assert list(check_key_times([file], [USED], 100)) == []


def test_findings_point_at_both_records() -> None:
    finding = next(check_key_times([key_file({"Publish": 100})], [SHOWN], 99))
    assert finding.place == Place("Kx.key", 3, 9)
    assert finding.related == ((SHOWN.place, "the key in the zone"),)
    assert (finding.owner, finding.type) == ("example.test.", "DNSKEY")
    assert finding.discriminator == f"13/{SHOWN.tag}"
    assert "1970-01-01T00:01:40Z" in finding.message


def test_name_of_a_damaged_file_vouches_for_its_key() -> None:
    file = dataclasses.replace(key_file({}), public=None)
    assert list(check_key_files([file], [USED], "example.test.")) == []
    other = dataclasses.replace(file, tag=file.tag ^ 1)
    findings = list(check_key_files([other], [USED], "example.test."))
    assert [(finding.rule, finding.place) for finding in findings] == [("zone-key-without-file", USED.place)]


def test_what_falls_due_later_is_no_fault_of_a_zone_that_has_to_hold_until_then() -> None:
    stem = Path(__file__).parent.parent / "fixtures" / "rules" / "key-not-signing" / "fail-active-now"
    activation = 1_781_481_600
    select = frozenset({"key-not-signing"})
    options = CheckOptions((activation,), origin="example.test", keys=f"{stem}.keys", select=select)
    for times, found in (((activation,), 1), ((activation + 86400, activation), 1), ((activation - 1, activation), 0)):
        assert len(check([f"{stem}.zone"], dataclasses.replace(options, at=times)).zones[0].findings) == found
