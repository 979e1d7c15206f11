"""Plans and timetables from files: the JSON that zonelint writes, and YAML written by hand, in one schema.

A timetable by hand says what is published now and what will be done when::

    zone: example.org
    inputs: {dnskey-ttl: 1h, ds-ttl: 1d, data-ttl: 1d, denial-ttl: 1h, zone-propagation: 5m}
    keys:
      ksk-1: {role: ksk, algorithm: 13}
      zsk-1: {role: zsk, algorithm: 13}
      zsk-2: {role: zsk, algorithm: ECDSAP256SHA256}
    start: {ds: [ksk-1], dnskey: [ksk-1, zsk-1]}
    events:
      - {at: 2026-12-01, do: publish-key zsk-2}
      - at: +65m
        step: swap
        do: [sign-zone zsk-2, stop-signing-zone zsk-1]
      - {at: +1d5m, do: remove-key zsk-1}

* Durations are seconds or text (`1h30m`, `5d`); times are ISO 8601, in UTC where no zone is said, or `+3d` after the
  event before. Events stand in the order of time.
* `do` holds one action or several, each `ACTION KEY` or `ACTION KEY VALUE`: `set-ttl dnskey 1h` (or `ds`, or the name
  of an RRset class), `refresh-signatures dnskey +14d` and `sign-zone zsk-2 2026-12-20` with the time at which the
  signatures expire. JSON has `action`, `key` and `value` for the same, one action an event.
* `start` has `ds` and `dnskey`, empty where there is none, and `cds`, `revoked`, `chains` (`[nsec]` by default). Who
  signs (`dnskey_signers`, `zone_signers`) may be left out where only one key comes into question. `anchors` in place of
  `ds` are the keys that resolvers trust by RFC 5011.
* `rrsets` lists classes of signed data, `{name, ttl, negative, expires}`; by default there is one with the TTL
  `data-ttl` and one for denial with `denial-ttl`. `dnskey_expires` is when the signatures over the DNSKEY set expire if
  nobody renews them.
* An event may have `title`, `instruction`, `lag`, `inception`, `not_before`, `not_after`, `not_after_reason`, `refs`.

`proof` and `sizes` of a plan are not believed: they are worked out again. `history`, what `rollover history` tells
besides, is not read. Whatever is wrong is a finding of the rule `rollover-plan-invalid` at its place, and then there is
no plan.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from zonelint.documents import fields
from zonelint.documents.fields import hint, quoted, refuse
from zonelint.documents.nodes import SIZE_LIMIT, Fault, Mapping, Node, Scalar, parse
from zonelint.findings import Finding, Place
from zonelint.keys.text import ALGORITHMS
from zonelint.names import BadName, key_from_text, text_from_key
from zonelint.rollover.events import is_chain, read_events
from zonelint.rollover.model import VERSION, Key, Number, Plan, Role, RrsetClass, State
from zonelint.rollover.possible import impossible
from zonelint.source.text import holds_private_key, open_source

RULE = "rollover-plan-invalid"

FAULT_LIMIT = 20
"""Findings about one file; the rest would only follow from them."""

INPUTS = (
    "zone-propagation", "parent-propagation", "registration", "sign-delay", "full-sign-delay", "dnskey-ttl", "ds-ttl",
    "data-ttl", "denial-ttl", "dnskey-negative-ttl", "ds-negative-ttl", "max-zone-ttl", "soa-ttl", "soa-minimum",
    "soa-refresh", "soa-retry", "soa-expire", "parent-soa-minimum", "publish-safety", "retire-safety",
    "signature-validity", "signature-validity-dnskey", "signature-refresh", "signature-jitter", "resign-interval",
    "inception-offset", "purge-keys", "clock-skew", "hold-down", "serve-stale", "forwarders",
    "lifetime-ksk", "lifetime-zsk", "lifetime-csk", "was-dnskey-ttl", "was-data-ttl", "was-ds-ttl",
    "was-dnskey-ttl-until", "was-data-ttl-until", "was-ds-ttl-until",
)  # fmt: skip
"""The names that `inputs` may have.

All are seconds, but `forwarders`, which is 0 or 1, and those with `-until`, which are seconds since 1970.
"""

_TOP = (
    "version", "zone", "methods", "inputs", "keys", "start", "rrsets", "dnskey_expires", "events", "notes", "sizes",
    "proof", "history",
)  # fmt: skip
_START = ("ds", "cds", "dnskey", "revoked", "dnskey_signers", "zone_signers", "chains", "anchors")
_DEFAULT = "default"
_PROPAGATION = {"zone-propagation": 300, "parent-propagation": 3600}
_LIST_LIMIT = 1000

Fields = dict[str, tuple[Scalar, Node]]


def read_plan(path: str) -> tuple[Plan | None, list[Finding]]:
    """Read a plan or timetable, `-` for standard input; there is a plan exactly if there are no findings.

    Raises `Unreadable` for a file that cannot be opened.
    """
    source = open_source(path)
    return parse_plan(source.read(0, SIZE_LIMIT + 1), source.name)


def parse_plan(octets: bytes, file: str) -> tuple[Plan | None, list[Finding]]:
    """Read the text of a plan as `read_plan` does; `file` is its name in messages."""
    faults: list[Fault] = []
    plan: Plan | None = None
    try:
        if holds_private_key(octets):
            raise Fault("this is a private key, not a plan", 0, 0)
        plan = _Reading(file, faults).plan(parse(octets))
    except Fault as fault:
        faults.append(fault)
    if not faults and plan is not None:
        return plan, []
    # faults about the whole come with the place of its beginning
    faults.sort(key=lambda fault: fault.start)
    return None, [
        Finding(RULE, fault.message, Place(file, fault.start, fault.end), discriminator=fault.message)
        for fault in faults[:FAULT_LIMIT]
    ]


class _Reading:
    """One file on its way to a plan; what is wrong is collected in `faults`."""

    def __init__(self, file: str, faults: list[Fault]) -> None:
        self._file, self._faults = file, faults

    def plan(self, root: Node) -> Plan | None:
        """Read the whole; raises `Fault` where going on makes no sense."""
        top = _underscored(fields.mapping(root, "a plan"))
        _same_version(top)
        self._faults += fields.unknown(top, _TOP, "the plan")
        for name in ("zone", "keys", "start", "events"):
            if name not in top:
                raise Fault(f"{name} is missing in the plan", root.start, root.start)
        keys = self._keys(top["keys"][1])
        start = self._start(top["start"][1], keys)
        inputs = self._inputs(top["inputs"][1] if "inputs" in top else root, start, "inputs" in top)
        rrsets = self._rrsets(top, inputs)
        names = frozenset({"dnskey", "ds", *(rrset.name for rrset in rrsets)})
        plan = Plan(
            zone=fields.read(top["zone"][1], _zone, ".", self._faults),
            methods=tuple(self._texts(top, "methods")),
            keys=keys,
            start=start,
            events=read_events(top["events"][1], self._file, frozenset(keys), names, self._faults),
            inputs=inputs,
            rrsets=rrsets,
            dnskey_expires=self._optional(top, "dnskey_expires", fields.moment),
            notes=self._texts(top, "notes"),
            path=self._file,
        )
        if not self._faults:
            self._faults += [Fault(words, place.start, place.end or place.start) for words, place in impossible(plan)]
        return plan

    def _optional(self, found: Fields, name: str, how: Callable[[Node], int]) -> int | None:
        if name not in found or fields.is_null(found[name][1]):
            return None
        return fields.read(found[name][1], how, 0, self._faults)

    def _texts(self, found: Fields, name: str) -> list[str]:
        nodes = fields.items(found[name][1]) if name in found else []
        return [fields.read(node, fields.text, "", self._faults) for node in nodes]

    # --- keys ---

    def _keys(self, node: Node) -> dict[str, Key]:
        found = fields.mapping(node, "keys")
        # a key with a fault still counts as declared
        return {name: fields.read(node, partial(self._key, place), Key(name, Role.csk, 0), self._faults)
                for name, (place, node) in found.items()}  # fmt: skip

    def _key(self, name: Scalar, node: Node) -> Key:
        if not name.text.isprintable() or " " in name.text or not 0 < len(name.text) <= 255:
            refuse(name, f"the key id {quoted(name.text)} must be printable text without spaces")
        found = fields.mapping(node, f"key {quoted(name.text)}")
        self._faults += fields.unknown(found, ("role", "algorithm", "tag", "octets"), f"key {quoted(name.text)}")
        for field in ("role", "algorithm"):
            if field not in found:
                refuse(name, f"key {quoted(name.text)} has no {field}")
        return Key(
            name.text,
            _role(found["role"][1]),
            _algorithm(found["algorithm"][1]),
            self._optional(found, "tag", lambda n: fields.whole(n, 0, 65535, "a key tag")),
            self._optional(found, "octets", lambda n: fields.whole(n, 1, 65535, "octets")),
            Place(self._file, name.start, name.end),
        )

    # --- start ---

    def _start(self, node: Node, keys: dict[str, Key]) -> State:
        found = _underscored(fields.mapping(node, "start"))
        self._faults += fields.unknown(found, _START, "start")
        sets = {name: self._ids(found, name, keys) for name in _START if name not in ("chains", "anchors")}
        anchored = "anchors" in found and not fields.is_null(found["anchors"][1])
        for name in ("dnskey",) if anchored else ("dnskey", "ds"):
            if name not in found:
                self._fault(node, f"start has no {name}: say which are published before the first event, [] for none")
        if anchored and sets["ds"]:
            self._fault(found["ds"][1], "a zone with trust anchors (anchors) has no ds in a plan")
        for name in sorted(sets["revoked"] - sets["dnskey"]):
            self._fault(found["revoked"][1], f"{quoted(name)} is revoked and not in the DNSKEY set")
        for name, roles in (("dnskey_signers", ("ksk", "csk")), ("zone_signers", ("zsk", "csk"))):
            # who is a candidate is known only where the keys could be read
            if name not in found and not self._faults:
                candidates = [key for key in sorted(sets["dnskey"]) if keys[key].role in roles]
                sets[name] = self._signers(node, name, candidates)
        chains = frozenset({"nsec"})
        if "chains" in found:
            nodes = fields.items(found["chains"][1])
            chains = frozenset(fields.read(each, _chain, "nsec", self._faults) for each in nodes)
        return State(**sets, chains=chains, anchors=self._ids(found, "anchors", keys) if anchored else None)

    def _signers(self, node: Node, name: str, candidates: list[str]) -> frozenset[str]:
        """Give the signers that go without saying; with several candidates it must be said."""
        if len(candidates) > 1:
            self._fault(node, f"start has no {name}, and {', '.join(candidates)} come into question: say which sign")
        return frozenset(candidates)

    def _ids(self, found: Fields, name: str, keys: dict[str, Key]) -> frozenset[str]:
        """Read a list of key ids."""
        ids = set()
        for node in fields.items(found[name][1]) if name in found else ():
            key = fields.read(node, fields.text, "", self._faults)
            if key in ids:
                self._fault(node, f"{quoted(key)} is there twice in {name}")
            if key in keys:
                ids.add(key)
            else:
                self._fault(node, f"key {quoted(key)} in {name} is not declared in keys{hint(key, keys)}")
        return frozenset(ids)

    # --- numbers ---

    def _inputs(self, node: Node, start: State, given: bool) -> dict[str, Number]:
        found = fields.mapping(node, "inputs") if given else {}
        self._faults += fields.unknown(found, INPUTS, "inputs")
        inputs = {name: fields.read(node, partial(self._number, name), Number(0, ""), self._faults)
                  for name, (_, node) in found.items()}  # fmt: skip
        needed = ("dnskey-ttl",) if start.anchors is not None else ("dnskey-ttl", "ds-ttl")
        for name in needed:
            if name not in inputs:
                self._fault(node, f"inputs has no {name}: without it nothing can be proved")
        for name, seconds in _PROPAGATION.items():
            inputs.setdefault(name, Number(seconds, _DEFAULT))
        for name, others in (("dnskey-negative-ttl", ("denial-ttl", "data-ttl")), ("ds-negative-ttl", ("ds-ttl",))):
            other = next((each for each in others if each in inputs), None)
            if name not in inputs and other is not None:
                inputs[name] = Number(inputs[other].value, f"{_DEFAULT}: as {other}")
        return inputs

    def _number(self, name: str, node: Node) -> Number:
        source = f"plan {self._file}"
        if isinstance(node, Mapping):
            found = fields.mapping(node, name)
            self._faults += fields.unknown(found, ("value", "source"), name)
            if "value" not in found:
                refuse(node, f"{name} has no value")
            node = found["value"][1]
            source = fields.read(found["source"][1], fields.text, "", self._faults) if "source" in found else source
        if name == "forwarders":
            return Number(fields.whole(node, 0, 1, name), source)
        if name.endswith("-until"):
            return Number(fields.instant(node), source)
        return Number(fields.seconds(node, name), source)

    # --- RRset classes ---

    def _rrsets(self, top: Fields, inputs: dict[str, Number]) -> tuple[RrsetClass, ...]:
        if "rrsets" in top:
            nodes = fields.items(top["rrsets"][1])
            if len(nodes) > _LIST_LIMIT:
                refuse(top["rrsets"][1], f"{len(nodes)} RRset classes are more than {_LIST_LIMIT}")
            classes = [fields.read(node, self._rrset, None, self._faults) for node in nodes]
            rrsets = tuple(rrset for rrset in classes if rrset is not None)
            for node, rrset in zip(nodes, classes, strict=True):
                if rrset is not None and [other.name for other in rrsets].count(rrset.name) > 1:
                    self._fault(node, f"two RRset classes have the name {quoted(rrset.name)}")
            if not rrsets and not self._faults:
                self._fault(top["rrsets"][1], "rrsets is empty: a plan without data proves nothing")
            return rrsets
        data = inputs.get("data-ttl") or inputs.get("max-zone-ttl")
        if data is None:
            self._fault(top["events"][0], "rrsets is missing, and inputs has no data-ttl in its place")
            return ()
        denial = inputs.get("denial-ttl", data).value
        return (RrsetClass(f"data-{data.value}", data.value), RrsetClass(f"denial-{denial}", denial, negative=True))

    def _rrset(self, node: Node) -> RrsetClass:
        found = fields.mapping(node, "an RRset class")
        self._faults += fields.unknown(found, ("name", "ttl", "negative", "expires"), "an RRset class")
        for field in ("name", "ttl"):
            if field not in found:
                refuse(node, f"an RRset class has no {field}")
        name = fields.text(found["name"][1])
        if not name.isprintable() or " " in name or name in ("", "ds", "dnskey"):
            refuse(found["name"][1], f"{quoted(name)} cannot be the name of an RRset class")
        negative = "negative" in found and fields.flag(found["negative"][1])
        ttl = fields.seconds(found["ttl"][1], "a TTL")
        return RrsetClass(name, ttl, negative, self._optional(found, "expires", fields.moment))

    def _fault(self, node: Node, message: str) -> None:
        # the line of a mapping's name says more than all of its lines
        self._faults.append(Fault(message, node.start, node.end if isinstance(node, Scalar) else node.start + 1))


def _same_version(top: Fields) -> None:
    if "version" not in top:
        return
    node = top["version"][1]
    if not isinstance(node, Scalar) or node.text != str(VERSION):
        refuse(node, f"the plan is of version {fields.kind(node)}, and this zonelint reads version {VERSION}")


def _underscored(found: Fields) -> Fields:
    """Let `zone-signers` stand for `zone_signers`."""
    result: Fields = {}
    for name, (place, node) in found.items():
        plain = name.replace("-", "_")
        if plain in result:
            refuse(place, f"{quoted(name)} is there twice")
        result[plain] = (place, node)
    return result


def _zone(node: Node) -> str:
    try:
        return text_from_key(key_from_text(fields.text(node)))
    except BadName as fault:
        refuse(node, f"{fields.kind(node)} is no zone name: {fault}")


def _role(node: Node) -> Role:
    name = fields.text(node)
    if name.lower() not in Role.__members__:
        refuse(node, f"unknown role {quoted(name)}{hint(name, Role.__members__)}")
    return Role[name.lower()]


def _algorithm(node: Node) -> int:
    """Read an algorithm, as number or mnemonic (RFC 8624)."""
    name = fields.text(node)
    number = ALGORITHMS.get(name.upper().encode("utf-8"))
    if number is not None:
        return number
    if not name[:1].isdigit():
        refuse(node, f"unknown algorithm {quoted(name)}{hint(name.upper(), [each.decode() for each in ALGORITHMS])}")
    return fields.whole(node, 1, 254, "an algorithm")


def _chain(node: Node) -> str:
    name = fields.text(node)
    if not is_chain(name):
        refuse(node, f"{quoted(name)} is no chain: write nsec, nsec3, or nsec3:NAME for one of several")
    return name
