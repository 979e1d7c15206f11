"""The recipes of `docs/pipelines.md` do what they promise: they are run as they stand there, with real signers."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from fixturing import ROOT
from peers import where
from recipes import Place, blocks, recipe, taken, zone

WWW = "www.example.org. 3600 IN A 192.0.2.80"
MAIL = "mail.example.org. 3600 IN A 192.0.2.25"

BIND_SETUP, BIND_SIGN, BIND_RAW = (recipe("BIND", "sh", index) for index in range(3))
KNOT_SIGN, KNOT_FLUSH = (recipe("Knot DNS", "sh", index) for index in range(2))
NSD = recipe("NSD", "bash")
ODS_CONF, ODS_PUBLISH = recipe("OpenDNSSEC", "xml"), recipe("OpenDNSSEC", "sh")
REVIEW, REVIEW_AND_KEEP = (recipe("Cascade", "bash", index) for index in range(2))
POLICY = recipe("Cascade", "toml")
PDNSUTIL, PDNS_TRANSFER = (recipe("PowerDNS", "sh", index) for index in range(2))


def needs(*tools: str) -> pytest.MarkDecorator:
    """Skip a test where a tool is missing."""
    missing = [tool for tool in tools if where(tool) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


def signed_with_bind(place: Place) -> None:
    """Make keys and let the first version of the zone through."""
    assert place.run(BIND_SETUP)[0] == 0
    place.write("example.org.zone", zone(1, WWW))
    status, said = place.run(BIND_SIGN)
    assert status == 0, said
    assert place.called() == ["rndc reload example.org"]


# --- BIND --------------------------------------------------------------------------------------------------


@needs("dnssec-keygen", "dnssec-signzone", "dnssec-dsfromkey", "named-compilezone")
def test_bind(tmp_path: Path) -> None:
    place = Place(tmp_path, "rndc")
    signed_with_bind(place)
    published = tmp_path / "published" / "example.org.signed"
    first = published.read_text()

    # a new record under a new serial
    place.write("example.org.zone", zone(2, WWW, MAIL))
    status, said = place.run(BIND_SIGN)
    assert status == 0, said
    assert place.called() == ["rndc reload example.org"]
    second = published.read_text()
    assert second != first

    # another one under the old serial goes nowhere
    place.write("example.org.zone", zone(2, WWW, MAIL, "ftp.example.org. 3600 IN A 192.0.2.21"))
    status, said = place.run(BIND_SIGN)
    assert (status, place.called(), published.read_text()) == (1, [], second)
    assert "error[serial-not-raised]" in said

    # nor do new signatures alone
    place.write("example.org.zone", zone(2, WWW, MAIL))
    status, said = place.run(BIND_SIGN.replace("-S ", "-S -e now+20d "))
    assert (status, place.called(), published.read_text()) == (1, [], second)
    assert "error[resigned-serial-not-raised]" in said

    # a serial that the signer raises
    status, said = place.run(BIND_SIGN.replace("-S ", "-S -N increment "))
    assert (status, place.called()) == (0, ["rndc reload example.org"]), said

    # what is published is what a server loads
    raw = "named-compilezone -q -F raw -o example.org.db.signed example.org published/example.org.signed"
    assert place.run(raw)[0] == 0
    status, said = place.run(BIND_RAW)
    assert status == 0, said
    assert "signatures verified" in said


@needs("dnssec-keygen", "dnssec-signzone", "dnssec-dsfromkey")
def test_bind_with_a_key_that_the_parent_does_not_know(tmp_path: Path) -> None:
    place = Place(tmp_path, "rndc")
    signed_with_bind(place)
    before = (tmp_path / "published" / "example.org.signed").read_bytes()
    shutil.rmtree(tmp_path / "keys")
    parent = (tmp_path / "parent.ds").read_text()
    assert place.run(BIND_SETUP)[0] == 0
    place.write("parent.ds", parent)
    place.write("example.org.zone", zone(2, WWW))
    status, said = place.run(BIND_SIGN)
    assert (status, place.called()) == (1, [])
    assert "error[ds-no-matching-key]" in said
    assert (tmp_path / "published" / "example.org.signed").read_bytes() == before


@needs("dnssec-keygen", "dnssec-signzone", "dnssec-dsfromkey")
def test_bind_when_the_signer_fails(tmp_path: Path) -> None:
    place = Place(tmp_path, "rndc")
    signed_with_bind(place)
    place.write("example.org.zone", zone(2, "www.example.org. 3600 IN A 192.0.2.280"))
    status, said = place.run(BIND_SIGN)
    assert status != 0
    assert "zonelint" not in said
    assert place.called() == []


# --- Knot DNS ----------------------------------------------------------------------------------------------

KNOT_CONF = """
server:
    rundir: .
database:
    storage: ./db
policy:
  - id: default
    algorithm: ecdsap256sha256
    cds-cdnskey-publish: none
zone:
  - domain: example.org
    storage: ./source
    file: example.org.zone
    dnssec-signing: on
    dnssec-policy: default
    serial-policy: increment
    zonefile-load: difference-no-serial
    journal-content: all
"""


@needs("kzonesign")
def test_knot(tmp_path: Path) -> None:
    place = Place(tmp_path, "knotc")
    for folder in ("db", "signed", "published"):
        (tmp_path / folder).mkdir()
    place.write("knot.conf", KNOT_CONF)
    place.write("source/example.org.zone", zone(1, WWW))
    status, said = place.run(KNOT_SIGN)
    assert (status, place.called()) == (0, ["knotc zone-reload example.org"]), said
    published = tmp_path / "published" / "example.org.zone"
    first = published.read_bytes()

    place.write("source/example.org.zone", zone(1, WWW, MAIL))
    status, said = place.run(KNOT_SIGN)
    assert (status, place.called(), published.read_bytes()) == (1, [], first)
    assert "error[serial-not-raised]" in said

    place.write("source/example.org.zone", zone(2, WWW, MAIL))
    status, said = place.run(KNOT_SIGN)
    assert (status, place.called()) == (0, ["knotc zone-reload example.org"]), said
    assert published.read_bytes() != first

    # the server's own copy, written where the recipe wants it
    flushed = tmp_path / "flushed"
    flush = f"echo knotc \"$*\" >>'{place.log}'\nmkdir -p '{flushed}' && cp published/example.org.zone '{flushed}'"
    place.program("knotc", flush)
    script = KNOT_FLUSH.replace("/var/lib/knot/flushed", str(flushed))
    status, said = place.run(script)
    assert status == 0, said
    assert place.called() == [f"knotc --blocking zone-flush example.org +outdir {flushed}"]
    edited = published.read_text().replace("192.0.2.25", "192.0.2.26")
    published.write_text(edited)
    status, said = place.run(script)
    assert status == 1
    assert "error[rrsig-bogus]" in said


# --- NSD, and OpenDNSSEC, which writes as ldns does --------------------------------------------------------


def stamp(seconds: float) -> str:
    """Write a time as signers do."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(seconds))


def keys_of_ldns(place: Place) -> None:
    """Make keys with ldns and the DS record of the parent."""
    (place.folder / "keys").mkdir()
    status, said = place.run(
        "cd keys && ldns-keygen -a ECDSAP256SHA256 -k example.org && ldns-keygen -a ECDSAP256SHA256 example.org"
        " && cat *.ds >../parent.ds"
    )
    assert status == 0, said


@needs("ldns-keygen", "ldns-signzone")
def test_nsd(tmp_path: Path) -> None:
    place = Place(tmp_path, "nsd-control")
    (tmp_path / "published").mkdir()
    keys_of_ldns(place)
    reloaded = ["nsd-control reload example.org"]
    for serial, records, expected in (
        (1, [WWW], (0, reloaded)),
        (2, [WWW, MAIL], (0, reloaded)),
        (2, [WWW], (1, [])),
    ):
        place.write("example.org.zone", zone(serial, *records))
        status, said = place.run(NSD, shell="bash")
        assert (status, place.called()) == expected, said
    published = (tmp_path / "published" / "example.org.signed").read_text()
    assert "mail.example.org." in published


@needs("ldns-keygen", "ldns-signzone")
def test_opendnssec(tmp_path: Path) -> None:
    # OpenDNSSEC's signer prints records with ldns, so ldns-signzone stands in for it; zones that it signed itself are
    # among the fixtures
    place = Place(tmp_path, "nsd-control", "logger")
    place.program("logger", f"echo logger \"$*\" >>'{place.log}'; cat >>'{place.log}'")
    place.program("publish-zone", ODS_PUBLISH)
    (tmp_path / "published").mkdir()
    keys_of_ldns(place)
    command = re.fullmatch(r"<NotifyCommand>/usr/local/sbin/(.*)</NotifyCommand>\n", ODS_CONF)
    assert command is not None
    notify = command[1].replace("%zonefile", "signed/example.org").replace("%zone", "example.org")
    sign = NSD.splitlines()[1:3]
    assert sign[1].startswith("ldns-signzone -f example.org.signed ")

    def run(serial: int, *records: str, options: str = "") -> tuple[int, list[str]]:
        place.write("example.org.zone", zone(serial, *records))
        script = "\n".join(("set -e", "mkdir -p signed", *sign, "mv example.org.signed signed/example.org", notify))
        status, said = place.run(
            script.replace("-f example", f"{options} -f example"), shell="bash", PUBLISHED=str(tmp_path / "published")
        )
        assert said == ""
        return status, place.called()

    published = tmp_path / "published" / "example.org"
    assert run(1, WWW) == (0, ["nsd-control reload example.org"])
    first = published.read_bytes()
    status, called = run(1, WWW, MAIL)
    assert (status, called[0]) == (1, "logger -t zonelint -p daemon.err")
    assert "error[serial-not-raised]" in called[1]
    # as shipped, signatures get no older than three days before their end, and the signer runs every two hours
    now = time.time()
    status, called = run(2, WWW, MAIL, options=f"-e {stamp(now + 2.4 * 86400)}")
    assert (status, called[0]) == (1, "logger -t zonelint -p daemon.err")
    assert "error[rrsig-expires-soon]" in called[1]
    assert published.read_bytes() == first
    assert run(2, WWW, MAIL, options=f"-e {stamp(now + 2.9 * 86400)}") == (0, ["nsd-control reload example.org"])
    assert published.read_bytes() != first

    # a file that is not there is no good zone
    (tmp_path / "signed" / "example.org").unlink()
    assert place.run(notify, PUBLISHED=str(tmp_path / "published"))[0] == 1
    assert "signed/example.org" in place.called()[1]


# --- Cascade -----------------------------------------------------------------------------------------------

CASCADE = {
    "CASCADE_ZONE": "example.org",
    "CASCADE_SERIAL": "1",
    "CASCADE_SERVER": "127.0.0.1:4541",
    "CASCADE_SERVER_IP": "127.0.0.1",
    "CASCADE_SERVER_PORT": "4541",
}
HEAD = "\n; <<>> DiG 9.18.49 <<>> @127.0.0.1 -p 4541 example.org AXFR\n; (1 server found)\n;; global options: +cmd\n"
TAIL = ";; Query time: 0 msec\n;; SERVER: 127.0.0.1#4541(127.0.0.1) (TCP)\n;; XFR size: 9 records (messages 1)\n"


def as_transfer(records: list[str]) -> str:
    """Give records as dig shows a zone transfer: the SOA comes first and last."""
    return HEAD + "\n".join((*records, records[0])) + "\n" + TAIL


def full(place: Place, text: str) -> list[str]:
    """Sign a zone and give its records, each on one line."""
    if not (place.folder / "keys").exists():
        assert place.run(BIND_SETUP)[0] == 0
    place.write("plain", text)
    sign = "dnssec-signzone -q -S -K keys -O full -o example.org -f signed plain"
    assert place.run(sign)[0] == 0
    lines = [line for line in (place.folder / "signed").read_text().splitlines() if line and line[0] != ";"]
    lines.sort(key=lambda line: " SOA " not in line.replace("\t", " "))
    return lines


def answer(place: Place, text: str, status: int = 0) -> None:
    """Let `dig` print a text and end with a status."""
    place.write("answer", text)
    place.program("dig", f"echo dig \"$*\" >>'{place.log}'; cat '{place.folder / 'answer'}'; exit {status}")


def approves(place: Place, hook: str, *words: str, **environ: str) -> tuple[bool, str]:
    """Call a review hook as Cascade does, through a shell."""
    place.program("zonelint-review", hook)
    status, said = place.run(" ".join(("zonelint-review", *words)), **(CASCADE | environ))
    return status == 0, said


@needs("dnssec-keygen", "dnssec-signzone", "dnssec-dsfromkey")
def test_cascade_signed(tmp_path: Path) -> None:
    place = Place(tmp_path)
    good = as_transfer(full(place, zone(1, WWW)))
    answer(place, good)
    approved, said = approves(place, REVIEW)
    assert approved, said
    assert place.called() == ["dig @127.0.0.1 -p 4541 example.org AXFR"]

    # in the middle of a line, and where a line ends
    cut = good[: len(good) // 2]
    for text, status, finding in (
        (cut, 0, "transfer-incomplete"),
        (cut[: cut.rindex("\n") + 1], 0, "transfer-incomplete"),
        (good.replace(TAIL, "; Transfer failed.\n"), 0, "transfer-incomplete"),
        (good, 9, ""),
        ("", 0, "soa-missing"),
        (good.replace("192.0.2.80", "192.0.2.81"), 0, "rrsig-bogus"),
        (as_transfer(zone(1, WWW).splitlines()), 0, "zone-unsigned"),
    ):
        answer(place, text, status)
        approved, said = approves(place, REVIEW)
        assert not approved, said
        assert f"error[{finding}" in said or not finding, said


@needs("dnssec-keygen", "dnssec-signzone", "dnssec-dsfromkey")
def test_cascade_with_memory(tmp_path: Path) -> None:
    place = Place(tmp_path)
    state = {"STATE_DIRECTORY": str(tmp_path)}

    def review(serial: int, *records: str) -> tuple[bool, str]:
        answer(place, as_transfer(full(place, zone(serial, *records))))
        return approves(place, REVIEW_AND_KEEP, **state)

    assert review(1, WWW)[0]
    assert place.called() == ["dig @127.0.0.1 -p 4541 example.org AXFR"]
    kept = (tmp_path / "approved.example.org").read_bytes()
    approved, said = review(1, WWW, MAIL)
    assert not approved
    assert "error[serial-not-raised]" in said
    answer(place, "", 9)
    assert not approves(place, REVIEW_AND_KEEP, **state)[0]
    assert (tmp_path / "approved.example.org").read_bytes() == kept
    approved, said = review(2, WWW, MAIL)
    assert approved, said
    assert [path.name for path in tmp_path.glob("approved*")] == ["approved.example.org"]


def test_cascade_unsigned(tmp_path: Path) -> None:
    place = Place(tmp_path)
    hooks = {stage: section["review"]["hook"] for stage, section in tomllib.loads(POLICY).items()}
    assert hooks == {
        "loader": "/usr/local/bin/zonelint-review signer-input",
        "signer": "/usr/local/bin/zonelint-review",
    }
    words = hooks["loader"].split()[1:]
    answer(place, as_transfer(zone(1, WWW).splitlines()))
    approved, said = approves(place, REVIEW, *words)
    assert approved, said
    answer(place, as_transfer(zone(1, WWW, "www.example.org. 3600 IN CNAME example.org.").splitlines()))
    approved, said = approves(place, REVIEW, *words)
    assert not approved
    assert "error[cname-and-other-data]" in said


NSD_CONF = """
server:
    ip-address: 127.0.0.1@{port}
    username: ""
    zonesdir: "{folder}"
    database: ""
    pidfile: "{folder}/nsd.pid"
    xfrdfile: "{folder}/xfrd.state"
    zonelistfile: "{folder}/zone.list"
    xfrdir: "{folder}"
remote-control:
    control-enable: no
zone:
    name: example.org
    zonefile: served
    provide-xfr: 127.0.0.1 NOKEY
zone:
    name: secret.example
    zonefile: served
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Place, int]]:
    """Serve `served` in a folder with NSD, on a free port of this machine; the zone secret.example to nobody."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = Place(tmp_path)
    place.write("served", "\n".join(full(place, zone(1, WWW))) + "\n")
    place.write("nsd.conf", NSD_CONF.format(port=port, folder=tmp_path))
    command = [where("nsd") or "nsd", "-d", "-c", str(tmp_path / "nsd.conf")]
    with (tmp_path / "nsd.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path)
    try:
        for _ in range(100):
            if place.run(f"dig +short +tries=1 +time=1 @127.0.0.1 -p {port} example.org SOA")[1].startswith("ns1."):
                break
            assert server.poll() is None, (tmp_path / "nsd.log").read_text()
            time.sleep(0.1)
        yield place, port
    finally:
        server.terminate()
        server.wait(10)


@needs("dig", "nsd", "dnssec-keygen", "dnssec-signzone", "dnssec-dsfromkey")
def test_real_transfers(served: tuple[Place, int]) -> None:
    place, port = served
    environ = {"CASCADE_SERVER_PORT": str(port)}
    approved, said = approves(place, REVIEW, **environ)
    assert approved, said
    approved, said = approves(place, REVIEW.replace(" --quiet", ""), **environ)
    assert re.search(r", \d+ signatures verified", said)
    assert "zone example.org." in said
    for bad in ({"CASCADE_ZONE": "secret.example"}, {"CASCADE_ZONE": "other.example"}, {"CASCADE_SERVER_PORT": "1"}):
        approved, said = approves(place, REVIEW, **(environ | bad))
        assert not approved, said
        assert "error[" in said
    status, said = place.run(PDNS_TRANSFER.replace("@127.0.0.1", f"@127.0.0.1 -p {port}"))
    assert status == 0, said
    assert re.search(r", \d+ signatures verified", said)


# --- PowerDNS ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("address", "status"), [("192.0.2.80", 0), ("192.0.2.280", 1)])
def test_powerdns(address: str, status: int, tmp_path: Path) -> None:
    place = Place(tmp_path)
    listed = (ROOT / "fixtures" / "zones" / "powerdns-list-zone.zone").read_text()
    listed = listed.replace("example.test", "example.org")
    assert "192.0.2.80" in listed
    place.write("listed", listed.replace("192.0.2.80", address))
    place.program("pdnsutil", '[ "$*" = "list-zone example.org" ] && cat listed')
    ended, said = place.run(PDNSUTIL)
    assert ended == status, said
    assert "zone example.org." in said


# --- all of them -------------------------------------------------------------------------------------------


def test_every_recipe_is_run() -> None:
    import test_ci_templates  # noqa: F401 - they take those of their own
    import test_gate  # noqa: F401
    import test_precommit  # noqa: F401

    assert blocks().keys() - taken == set()


def test_the_readme_shows_the_same() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert BIND_SIGN in text
    assert recipe("pre-commit", "yaml") in text
