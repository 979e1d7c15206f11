"""Records from master-file text: the directives, the defaults, the fast path, and every fault at its place.

Reading never stops at a fault and never raises for what the text holds: each fault becomes a finding.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import accumulate

from zonelint.findings import Finding, Place
from zonelint.names import (
    SIMPLE,
    BadName,
    key_from_wire,
    simple_key,
    text_from_key,
    wire_from_text,
)
from zonelint.source import generate, rdata, rdtypes
from zonelint.source.fast import Convert, FastPath
from zonelint.source.include import BadInclude, IncludePolicy
from zonelint.source.lexer import LIMIT, Line, Token, read_line
from zonelint.source.record import BYTE_ORDER_MARK, CONTROLS, MAX_TTL, OFFSET_BITS, Files, Record, State

GENERATED = 1 << 20
"""How many records a zone may generate."""

INCLUDES = 1000
"""How many includes a zone may have."""

FAULTS = 10_000
"""How many faults of one text are reported before it is given up as no zone file."""

_PATIENCE = {8: 4096, 64: 0}
_MAY_BE_EMPTY = frozenset({rdtypes.TYPES["APL"]})
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_AGE = re.compile(rb"\[AGE:[0-9]+\]", re.IGNORECASE)
_WINDOWS = re.compile(rb"^;  Database file \S+ for \S+ zone", re.MULTILINE)
_WINS = frozenset({"WINS", "WINSR", "WINS-R"})
_CUT = re.compile(rb"[ \t]*(?P<sign>;)[ \t]*[A-Za-z][A-Za-z0-9_]{0,10}[ \t]*=")


class Reader:
    """Reads the records of one text, and of the files it includes.

    `apex` is the key of the zone's origin, or None while it is not known: then no record is out of zone. `base` is
    the offset of the text's first octet in its file, whose real path is `path` (None for standard input).
    `is_first` says that `state` tells all there was before the text. `fast` may be shared by readers of one zone.
    """

    def __init__(
        self,
        text: bytes,
        files: Files,
        state: State,
        policy: IncludePolicy,
        *,
        apex: bytes | None,
        rdclass: int = 1,
        file: int = 0,
        path: str | None = None,
        base: int = 0,
        is_first: bool = True,
        fast: FastPath | None = None,
        open_files: tuple[str, ...] = (),
    ) -> None:
        self.files, self.state, self.problems, self.unclosed = files, state, list[Finding](), False
        self.soa_text: bytes | None = None
        self._is_first = is_first
        if not base and text.startswith(BYTE_ORDER_MARK):
            text, base = text[3:], 3
        self._text, self._policy, self._apex, self._rdclass = text, policy, apex, rdclass
        self._file, self._path, self._base = file, path, base
        self._open_files = open_files or ((policy.resolve(path),) if path else ())
        self._owner: bytes | None = None
        self._minimum: int | None = None
        self._limit, self._unclosed_count = LIMIT, 0
        self._origin: tuple[bytes, bytes] = b"", b""
        self._end = 0
        self._fast = fast or FastPath()

    # --- the fast path -----------------------------------------------------------------------------------

    def records(self) -> Iterator[Record]:
        """Yield every record that could be read, in the order of the text."""
        for batch in self.batches():
            yield from batch

    def batches(self) -> Iterator[Iterable[Record]]:
        """Yield the same records, many at once where they are written as signers write them.

        Each batch has to be used up before the next one is asked for.
        """
        if len(self._text.translate(None, CONTROLS)) != len(self._text):
            self._report_controls()
        if self._apex is None or self._rdclass != 1:
            yield self._slowly(0, len(self._text))
            return
        lines, number = self._text.split(b"\n"), 0
        position, table = (self._file << OFFSET_BITS) + self._base, self._fast.table
        positions = list(accumulate([len(line) + 1 for line in lines], initial=position))
        while True:
            batch, number = self._fast.read(lines, positions, number, self._apex)
            if batch:
                self._owner, self.state.last_ttl = batch[-1][0], batch[-1][2]
            yield batch
            if number == len(lines):
                return
            at = positions[number] - position
            if len(self.problems) > FAULTS:
                self._report("syntax-error", "too many faults: the text is not read from here on", at, at + 1)
                return
            begin, line = at, lines[number]
            gathered = self._gather(line, begin, table)
            if gathered is None:
                yield self._line(begin)
                end = self._end
            else:
                end, record = gathered
                yield ((*record, position + begin),)
            while number < len(lines) and positions[number] < position + end:
                number += 1

    def _gather(
        self, line: bytes, begin: int, table: dict[bytes, tuple[int, Convert]]
    ) -> tuple[int, tuple[bytes, int, int, bytes]] | None:
        """Read a record in plain words: parentheses, comments, blank and relative owners, but no quotes or escapes.

        Gives the offset behind it, and owner, type, TTL and RDATA; None sends the line to the general reader.
        """
        end, first = begin + len(line) + 1, line[:1]
        if b"(" in line:
            shut = self._text.find(b")", begin, begin + self._limit)
            end = (self._text.find(b"\n", shut) + 1 or len(self._text)) if shut > 0 else end
            line = self._text[begin:end]
            if line.count(b"(") != 1 or line.count(b")") != 1 or b";" in line or line.find(b")") < line.find(b"("):
                return None
            line = line.replace(b"(", b" ").replace(b")", b" ")
        if len(line) > self._limit or b'"' in line or b"\\" in line or b"$" in line or first == b"(":
            return None
        words = line.partition(b";")[0].split()
        if len(words) < 3:
            return None
        at, owner, ttl, last_ttl = 0, self._owner, self.state.default_ttl, self.state.last_ttl
        if first not in (b" ", b"\t"):
            at, owner = 1, self._simple_owner(words[0]) or self._relative_owner(words[0])
        if words[at] == b"IN":
            at += 1
        if words[at].isdigit() and len(words[at]) < 11 and int(words[at]) <= MAX_TTL:
            ttl = last_ttl = int(words[at])
            at += 1
            if words[at : at + 1] == [b"IN"] and words[at - 2] != b"IN":
                at += 1
        entry = table.get(words[at]) if at < len(words) else None
        if entry is None or owner is None or ttl is None or not owner.startswith(self._apex or b""):
            return None
        if entry[0] == rdtypes.TXT and b";" in line:
            return None
        octets = entry[1](b" ".join(words[at + 1 :]))
        if octets is not None:
            self._owner, self.state.last_ttl = owner, last_ttl
            return end, (owner, entry[0], ttl, octets)
        return None

    def _relative_owner(self, name: bytes) -> bytes | None:
        """Give the key of a plain relative owner name, `@` among them; None for all others."""
        origin = self.state.origin
        if origin is None:
            return None
        if origin != self._origin[0]:
            self._origin = origin, key_from_wire(origin)
        key = self._origin[1]
        if name != b"@":
            if len(name) + len(origin) > 250 or not SIMPLE.fullmatch(name + b"."):
                return None
            key += simple_key(name + b".")
        return key if self._apex is not None and key.startswith(self._apex) else None

    def _report_controls(self) -> None:
        at = 0
        while len(self.problems) <= FAULTS and (found := _CONTROL.search(self._text, at)):
            message = f"control octet {found[0][0]}: text does not hold such octets"
            self._report("binary-data", message, found.start(), found.end())
            at = self._text.find(b"\n", found.end())
            if at < 0:
                return

    def _simple_owner(self, name: bytes) -> bytes | None:
        """Give the key of an owner name that needs no further look; None sends its line to the general reader."""
        key = self._fast.keys.of(name)
        return key if key is not None and self._apex is not None and key.startswith(self._apex) else None

    # --- the general reader ------------------------------------------------------------------------------

    def _slowly(self, at: int, end: int) -> Iterator[Record]:
        while at < end and len(self.problems) <= FAULTS:
            yield from self._line(at)
            at = self._end

    def _line(self, at: int) -> Iterator[Record]:
        """Read the logical line at offset `at` of the text; `_end` is then the offset of the next one."""
        line = read_line(self._text, at, self._limit)
        self.unclosed = self.unclosed or line.unclosed
        if line.unclosed:
            # text with many open parentheses would otherwise be read to its end for each of them
            self._unclosed_count += 1
            self._limit = _PATIENCE.get(self._unclosed_count, self._limit)
        if line.fault:
            rule, message, start, end = line.fault
            self._report(rule, message, start, end)
            if line.tokens and not line.indented:
                self._take_owner(line.tokens[0])
        elif line.tokens:
            first = line.tokens[0]
            if not line.indented and first.text.startswith(b"$") and not first.quoted:
                yield from self._directive(line)
            elif (record := self._record(line)) is not None:
                yield record
        self._end = line.end

    def _report(self, rule: str, message: str, start: int, end: int | None, owner: bytes | None = None) -> None:
        place = Place(self.files.names[self._file], self._base + start, None if end is None else self._base + end)
        shown = "" if owner is None else text_from_key(owner)
        self.problems.append(Finding(rule, message, place, owner=shown))

    def _fault(self, rule: str, message: str, token: Token, owner: bytes | None = None, rdtype: str = "") -> None:
        self._report(rule, message, token.start, token.end, owner)
        if rdtype:
            self.problems[-1] = replace(self.problems[-1], type=rdtype)

    def _record(self, line: Line, position: int | None = None) -> Record | None:
        tokens, at = line.tokens, 0
        owner = self._owner
        if not line.indented:
            at = 1
            if tokens[0].quoted:
                self._owner = None
                self._fault("syntax-error", "an owner name is not written in quotes", tokens[0])
                return None
            if fault := self._take_owner(tokens[0]):
                rule = "owner-missing" if self.state.origin is None and "origin" in str(fault) else "name-invalid"
                self._fault(rule, str(fault), tokens[0])
                return None
            owner = self._owner
        elif owner is None:
            self._fault("owner-missing", "the owner is left blank and no record before gives one", tokens[0])
            return None
        assert owner is not None
        if at < len(tokens) and _AGE.fullmatch(tokens[at].text):
            at += 1  # how Windows DNS writes when a dynamic record was refreshed
        ttl, rdclass, at, ttl_token, class_token = self._ttl_and_class(tokens, at)
        if at >= len(tokens):
            self._fault("syntax-error", "the line ends before a record type", tokens[-1], owner)
            return None
        rdtype = self._type(tokens[at], owner)
        if rdtype is None:
            return None
        if ttl is not None and ttl > MAX_TTL and ttl_token:
            self._fault("ttl-out-of-range", f"TTL {ttl} is above {MAX_TTL}", ttl_token, owner)
            ttl = 0
        if rdclass is not None and rdclass != self._rdclass and class_token:
            wanted = rdtypes.class_name(self._rdclass)
            shown = rdtypes.class_name(rdclass)
            self._fault("class-mismatch", f"class {shown} in a zone of class {wanted}", class_token, owner)
            return None
        if self._apex is not None and not owner.startswith(self._apex):
            message = f"{text_from_key(owner)} is not in the zone {text_from_key(self._apex)}"
            place = tokens[0] if not line.indented else tokens[at]
            self._fault("out-of-zone", message, place, owner, rdtypes.type_name(rdtype))
            return None
        octets = self._rdata(rdtype, tokens[at + 1 :], tokens[at], owner)
        if octets is None:
            return None
        if rdtype == rdtypes.SOA and self.soa_text is None:
            self.soa_text = b"" if line.indented else tokens[0].text
            self._minimum = int.from_bytes(octets[-4:], "big")
            if self.state.default_ttl is None and self._minimum <= MAX_TTL and _WINDOWS.search(self._text[:512]):
                self.state.default_ttl = self._minimum  # Windows DNS has no $TTL and takes this for each record
        if rdtype == rdtypes.TXT and position is None:
            self._look_behind(tokens[-1], owner)
        seconds = self._default_ttl(ttl, tokens[at], owner, rdtype)
        here = (self._file << OFFSET_BITS) + self._base + line.start if position is None else position
        return owner, rdtype, seconds, octets, here

    def _look_behind(self, last: Token, owner: bytes) -> None:
        """Tell of a text in tags and values that goes on behind a semicolon, which begins a comment there."""
        if not last.quoted and b"=" in last.text and (found := _CUT.match(self._text, last.end)):
            message = "the text ends here: a semicolon outside of quotes begins a comment"
            self._fault("text-cut-at-semicolon", message, Token(b"", found.start("sign"), found.end()), owner, "TXT")

    def _take_owner(self, token: Token) -> BadName | None:
        """Make a name the owner of this line and of those that leave theirs blank; gives what is wrong with it."""
        try:
            self._owner = key_from_wire(wire_from_text(token.text, self.state.origin))
        except BadName as fault:
            self._owner = None
            return fault
        return None

    def _ttl_and_class(
        self, tokens: list[Token], at: int
    ) -> tuple[int | None, int | None, int, Token | None, Token | None]:
        """Read the TTL and the class, each at most once, in either order (RFC 1035 section 5.1)."""
        ttl: int | None = None
        rdclass: int | None = None
        ttl_token = class_token = None
        while at < len(tokens) and not tokens[at].quoted:
            word = tokens[at].text.decode("latin-1")
            if ttl is None and word[:1].isdigit() and (value := rdata.ttl(word[:20])) is not None:
                ttl, ttl_token = value, tokens[at]
            elif rdclass is None and (value := rdtypes.class_number(word)) is not None:
                rdclass, class_token = value, tokens[at]
            else:
                break
            at += 1
        return ttl, rdclass, at, ttl_token, class_token

    def _type(self, token: Token, owner: bytes) -> int | None:
        mnemonic = token.text.decode("latin-1")
        rdtype = None if token.quoted else rdtypes.type_number(mnemonic)
        if rdtype is None and mnemonic.upper() in _WINS and not token.quoted:
            message = f"{mnemonic.upper()} is for the DNS server of Windows only: the record is left out"
            self._fault("wins-record", message, token, owner)
        elif rdtype is None:
            shown = token.text[:30].decode("ascii", "backslashreplace")
            rule = "unknown-type" if re.fullmatch("[A-Za-z][A-Za-z0-9-]*", mnemonic) else "syntax-error"
            self._fault(rule, f"{shown} is no record type", token, owner)
        elif rdtype in rdtypes.META or not rdtype:
            self._fault("meta-type", f"{mnemonic.upper()} is for queries, no zone can hold it", token, owner)
            return None
        return rdtype

    def _rdata(self, rdtype: int, tokens: list[Token], type_token: Token, owner: bytes) -> bytes | None:
        mnemonic = rdtypes.type_name(rdtype)
        if not tokens and rdtype not in _MAY_BE_EMPTY:
            self._fault("syntax-error", f"the line ends before the RDATA of {mnemonic}", type_token, owner, mnemonic)
            return None
        if rdtype == rdtypes.SOA and self._policy.placeholders:
            from zonelint.source.placeholder import filled

            tokens = filled(tokens, self._policy.placeholders)
        try:
            return rdata.parse(rdtype, tokens, self.state.origin, self._rdclass)
        except rdata.BadRdata as fault:
            first, last = (tokens[0], tokens[-1]) if tokens else (type_token, type_token)
            if fault.field is not None:
                first = last = tokens[min(fault.field, len(tokens) - 1)]
            spot = Token(b"", first.start, last.end)
            rule = "name-invalid" if fault.in_name else "rdata-invalid"
            self._fault(rule, f"{mnemonic}: {fault}", spot, owner, mnemonic)
            return None

    def _default_ttl(self, ttl: int | None, token: Token, owner: bytes, rdtype: int) -> int:
        state = self.state
        if ttl is not None:
            state.last_ttl = ttl
            return ttl
        if state.default_ttl is not None:
            return state.default_ttl
        if state.last_ttl is not None:
            return state.last_ttl
        state.wants_ttl = True
        # RFC 2181 section 8: a TTL with the highest bit set counts as 0
        seconds = self._minimum if self._minimum is not None and self._minimum <= MAX_TTL else 0
        if self._is_first or rdtype == rdtypes.SOA:
            message = f"no TTL, no $TTL and none before: {seconds} (the SOA minimum) is taken"
            self._fault("ttl-missing", message, token, owner)
            state.last_ttl = seconds
        return seconds

    # --- directives --------------------------------------------------------------------------------------

    def _directive(self, line: Line) -> Iterator[Record]:
        word, arguments = line.tokens[0], line.tokens[1:]
        name = word.text.upper()
        if name == b"$ORIGIN":
            self._set_origin(word, arguments)
        elif name == b"$TTL":
            self._set_ttl(word, arguments)
        elif name == b"$INCLUDE":
            yield from self._include(word, arguments)
        elif name == b"$GENERATE":
            yield from self._generate(line, word, arguments)
        else:
            shown = word.text[:30].decode("ascii", "backslashreplace")
            self._fault("unknown-directive", f"{shown} is no directive", word)

    def _set_origin(self, word: Token, arguments: list[Token]) -> None:
        if len(arguments) != 1 or arguments[0].quoted:
            self._fault("directive-invalid", "$ORIGIN takes one name", arguments[-1] if arguments else word)
            return
        try:
            self.state.origin = wire_from_text(arguments[0].text, self.state.origin)
        except BadName as fault:
            self._fault("directive-invalid", f"$ORIGIN: {fault}", arguments[0])

    def _set_ttl(self, word: Token, arguments: list[Token]) -> None:
        if len(arguments) != 1 or arguments[0].quoted:
            self._fault("directive-invalid", "$TTL takes one time", arguments[-1] if arguments else word)
            return
        seconds = rdata.ttl(arguments[0].text[:20].decode("latin-1"))
        if seconds is None:
            self._fault("directive-invalid", "$TTL takes a time in seconds or units (1h30m)", arguments[0])
        elif seconds > MAX_TTL:
            self._fault("ttl-out-of-range", f"TTL {seconds} is above {MAX_TTL}", arguments[0])
        else:
            self.state.default_ttl = seconds

    def _include(self, word: Token, arguments: list[Token]) -> Iterator[Record]:
        if not 1 <= len(arguments) <= 2:
            message = "$INCLUDE takes a file name and perhaps an origin"
            self._fault("directive-invalid", message, arguments[2] if arguments else word)
            return
        origin = self.state.origin
        try:
            if len(arguments) == 2:
                origin = wire_from_text(arguments[1].text, origin)
            if len(self.files.names) > INCLUDES:
                raise BadInclude("include-loop", f"more than {INCLUDES} includes")
            path, text = self._policy.open(os.fsdecode(arguments[0].text), self._path, self._open_files)
        except BadName as wrong:
            self._fault("directive-invalid", f"$INCLUDE: {wrong}", arguments[1])
            return
        except BadInclude as fault:
            self._fault(fault.rule, str(fault), arguments[0])
            return
        if b"\0" in text:
            self._fault("binary-data", f"{path} holds a NUL octet: it is no text file", arguments[0])
            return
        state = replace(self.state, origin=origin)
        inner = Reader(
            text, self.files, state, self._policy, apex=self._apex, rdclass=self._rdclass, path=path,
            file=self.files.add(path), fast=self._fast, open_files=(*self._open_files, self._policy.resolve(path)),
        )  # fmt: skip
        inner._owner, inner._minimum, inner.problems = self._owner, self._minimum, self.problems
        yield from inner.records()
        if self.soa_text is None and inner.soa_text is not None:
            self.soa_text, self._minimum = inner.soa_text, inner._minimum
        # RFC 1035 section 5.1: an include never changes the origin of the file that includes it
        self.state.default_ttl, self.state.last_ttl = state.default_ttl, state.last_ttl
        self.state.wants_ttl = self.state.wants_ttl or state.wants_ttl

    def _generate(self, line: Line, word: Token, arguments: list[Token]) -> Iterator[Record]:
        position = (self._file << OFFSET_BITS) + self._base + line.start
        # a right-hand side in quotes stands for all the fields of the RDATA
        quoted = [token.quoted and i < len(arguments) - 1 for i, token in enumerate(arguments)]
        texts = [b'"%s"' % token.text if quoted[i] else token.text for i, token in enumerate(arguments)]
        owner, said = self._owner, set[str]()
        try:
            for text in generate.expand(texts):
                self.files.generated += 1
                if self.files.generated > GENERATED:
                    raise generate.BadGenerate(f"the zone generates more than {GENERATED} records", 0)
                generated = read_line(text, 0)
                before = len(self.problems)
                record = self._record(generated, position) if generated.tokens and not generated.fault else None
                problems = self.problems[before:]
                del self.problems[before:]
                if record is None:
                    reason = problems[0].message if problems else "no record"
                    shown = text[:60].decode("ascii", "backslashreplace")
                    raise generate.BadGenerate(f'"{shown}": {reason}', 1)
                for problem in problems:
                    # its place is one in the generated text; the directive is what the user wrote
                    if problem.rule not in said:
                        self._fault(problem.rule, problem.message, word, record[0], problem.type)
                    said.add(problem.rule)
                yield record
        except generate.BadGenerate as fault:
            self._fault("generate-invalid", str(fault), arguments[fault.argument] if arguments else word)
        finally:
            self._owner = owner
