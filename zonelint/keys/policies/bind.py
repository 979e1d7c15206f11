"""The `dnssec-policy` statements of a named.conf (BIND 9.16 to 9.21), with the defaults of BIND filled in.

Texts come decoded as Latin-1, so that an index is an offset in octets and comments may be in any encoding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from zonelint.findings import Place
from zonelint.keys.policies.durations import bind_duration
from zonelint.keys.policies.model import METHODS, RSA, Denial, Policy, PolicyKey, Role, Setting
from zonelint.keys.policies.notes import POLICY_LIMIT, Notes, quoted

DURATIONS = {
    "dnskey-ttl": "dnskey-ttl",
    "max-zone-ttl": "max-zone-ttl",
    "zone-propagation-delay": "zone-propagation",
    "parent-propagation-delay": "parent-propagation",
    "parent-ds-ttl": "ds-ttl",
    "publish-safety": "publish-safety",
    "retire-safety": "retire-safety",
    "signatures-validity": "signature-validity",
    "signatures-validity-dnskey": "signature-validity-dnskey",
    "signatures-refresh": "signature-refresh",
    "signatures-jitter": "signature-jitter",
    "purge-keys": "purge-keys",
}
"""The options that hold a time, and what this package calls them."""

DEFAULTS = {
    "dnskey-ttl": 3600,
    "max-zone-ttl": 86400,
    "zone-propagation": 300,
    "parent-propagation": 3600,
    "ds-ttl": 86400,
    "publish-safety": 3600,
    "retire-safety": 3600,
    "signature-validity": 14 * 86400,
    "signature-validity-dnskey": 14 * 86400,
    "signature-refresh": 5 * 86400,
    "signature-jitter": 12 * 3600,
    # not an option: signatures always begin an hour before they are made
    "inception-offset": 3600,
    "purge-keys": 90 * 86400,
}
"""What BIND takes where an option is not given, in seconds (BIND 9.20 ARM, dnssec-policy)."""

ALGORITHMS = {
    "RSAMD5": 1,
    "DH": 2,
    "DSA": 3,
    "RSASHA1": 5,
    "NSEC3DSA": 6,
    "NSEC3RSASHA1": 7,
    "RSASHA256": 8,
    "RSASHA512": 10,
    "ECCGOST": 12,
    "ECDSA256": 13,
    "ECDSAP256SHA256": 13,
    "ECDSA384": 14,
    "ECDSAP384SHA384": 14,
    "ED25519": 15,
    "ED448": 16,
    "INDIRECT": 252,
    "PRIVATEDNS": 253,
    "PRIVATEOID": 254,
}
"""The names BIND knows algorithms by; those of the registry with hyphens are refused."""

BUILT_IN = ("default", "insecure", "none")
"""The names of the policies that BIND brings along and nobody may define."""

_NO_LIMIT_TTL = 7 * 86400
_FLAGS = frozenset(("inline-signing", "offline-ksk", "cdnskey", "manual-mode"))
_OBSOLETE = frozenset(("parent-registration-delay",))
_BOOLEANS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_SECRET = re.compile(r"\bsecret\b", re.IGNORECASE)
_TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|\#[^\n]*|/\*.*?\*/)
      | (?P<mark>[{};])
      | "(?P<quoted>(?:[^"\\]|\\.)*)"
      | (?P<word>(?:[^\s{};"\#/]|/(?![/*]))+)
      | (?P<stray>.)""",
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A word, a quoted string without its quotes, or one of `{};`, with its span."""

    kind: str
    text: str
    start: int
    end: int

    def shown(self) -> str:
        """Quote the token for a message."""
        return quoted(self.text.encode("latin-1").decode("utf-8", "replace"))


class _Unclosed(Exception):
    """A quote, comment or brace that does not end: what, and where it begins."""

    def __init__(self, what: str, start: int) -> None:
        super().__init__(what)
        self.start = start


def built_in(name: str, path: str) -> Policy:
    """Give a policy of `BUILT_IN`; `insecure` and `none` ask for no keys. Raises `KeyError` for other names."""
    if name not in BUILT_IN:
        raise KeyError(name)
    settings = {key: Setting(value, None) for key, value in DEFAULTS.items()}
    return Policy(name, "bind", path, settings, (_default_key(),) if name == "default" else (), "nsec")


def read_bind(text: str, notes: Notes) -> list[Policy]:
    """Read the policies of a named.conf, and after them the built-in ones. Never raises.

    `include` is not followed: where a file defines no policy itself, a finding says so.
    """
    reader = _Reader(text, notes)
    try:
        reader.read()
    except _Unclosed as fault:
        notes.fault_at(f"{fault} is never closed", reader.safe_place(fault.start, fault.start + 1))
    if not notes.findings:
        reader.judge_uses()
    return [*reader.policies.values(), *(built_in(name, notes.path) for name in BUILT_IN)]


def _default_key() -> PolicyKey:
    return PolicyKey("csk", 13, None, METHODS["csk"][0], None, None)


def _tokens(text: str) -> Iterator[Token]:
    """Split a named.conf; comments begin anywhere. Raises `_Unclosed`."""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "stray":
            raise _Unclosed("quoted string" if match[0] == '"' else "comment", match.start())
        if kind and kind != "skip":
            yield Token(kind, match[kind], match.start(), match.end())


@dataclass(slots=True)
class _Reader:
    text: str
    notes: Notes
    policies: dict[str, Policy] = field(default_factory=dict)
    uses: list[Token] = field(default_factory=list)
    includes: list[Token] = field(default_factory=list)

    def safe_place(self, start: int, end: int) -> Place | None:
        """Give a place outside the policies, None where its line holds the secret of a TSIG key."""
        first = self.text.rfind("\n", 0, start) + 1
        last = self.text.find("\n", start)
        line = self.text[first : last if last >= 0 else len(self.text)]
        return None if _SECRET.search(line) else self.notes.place(start, end)

    def read(self) -> None:
        """Go through the statements of the file; all but the policies are passed over."""
        tokens = _tokens(self.text)
        head: list[Token] = []
        for token in tokens:
            if len(self.policies) > POLICY_LIMIT:
                self.notes.fault("too many policies: the others are not read", token.start, token.end)
                return
            if token.text == "{" and token.kind == "mark":
                block = list(_block(tokens, token)) if _is(head, "dnssec-policy") else None
                if block is None:
                    self.pass_over(tokens, token)
                    head = head[:1]
                else:
                    self.policy(head, token, block)
                    head = [*head, block[-1]]
            elif token.kind == "mark":
                if token.text == "}":
                    self.notes.fault_at("closing brace without an opening one", self.safe_place(token.start, token.end))
                    return
                self.note_use(head)
                head = []
            elif head and head[-1].text == "}" and head[-1].kind == "mark":
                self.missing_semicolon(head[-1])
                head = [token]
            elif len(head) < 4:
                head.append(token)
        if head and head[-1].text == "}":
            self.missing_semicolon(head[-1])
        elif _is(head, "dnssec-policy"):
            self.notes.fault("dnssec-policy is cut off", head[0].start, head[-1].end)

    def missing_semicolon(self, after: Token) -> None:
        """Note that a block is not followed by a semicolon."""
        self.notes.fault("semicolon missing after this brace", after.start, after.end)

    def pass_over(self, tokens: Iterator[Token], opener: Token) -> None:
        """Pass over a block, noting the policies that its zones and options use."""
        depth, last = 1, list[Token]()
        for token in tokens:
            if token.kind != "mark":
                if len(last) < 3:
                    last.append(token)
                continue
            if token.text == ";":
                self.note_use(last)
            depth += {"{": 1, "}": -1, ";": 0}[token.text]
            if not depth:
                return
            last = []
        raise _Unclosed("brace", opener.start)

    def note_use(self, words: list[Token]) -> None:
        """Note a statement that uses a policy or includes a file."""
        if len(words) == 2 and _is(words, "dnssec-policy"):
            self.uses.append(words[1])
        elif len(words) == 2 and _is(words, "include"):
            self.includes.append(words[1])

    def judge_uses(self) -> None:
        """Find policies that are used and not defined, and files that define none at all."""
        known = {*self.policies, *BUILT_IN}
        if self.includes:
            if not self.policies and not any(use.text in known for use in self.uses):
                first = self.includes[0]
                message = f"no dnssec-policy here, and include {first.shown()} is not followed: give that file itself"
                self.notes.fault(message, first.start, first.end)
            return
        for use in self.uses:
            if use.text not in known:
                self.notes.fault(f"dnssec-policy {use.shown()} is not defined", use.start, use.end)
        if not self.policies and not self.uses:
            self.notes.fault("no dnssec-policy in this file", 0, 0)

    def policy(self, head: list[Token], opener: Token, block: list[Token]) -> None:
        """Read one policy; `block` ends with its closing brace."""
        if len(head) != 2:
            wrong = head[2] if len(head) > 2 else opener
            self.notes.fault("dnssec-policy takes one name before its brace", wrong.start, wrong.end)
            return
        name = head[1]
        if name.text in BUILT_IN:
            self.notes.fault(f"{name.shown()} is built into BIND and cannot be defined", name.start, name.end)
            return
        if name.text in self.policies:
            self.notes.fault(f"dnssec-policy {name.shown()} is defined twice", name.start, name.end)
            return
        self.policies[name.text] = _Block(self.notes, name).read(block)


class _Block:
    """The options of one policy."""

    def __init__(self, notes: Notes, name: Token) -> None:
        self.notes, self.name = notes, name
        self.settings = {key: Setting(value, None) for key, value in DEFAULTS.items()}
        self.keys: tuple[PolicyKey, ...] = (_default_key(),)
        self.denial: Denial = "nsec"
        self.iterations: Setting | None = None
        self.flags: dict[str, bool] = {}

    def fault(self, message: str, token: Token) -> None:
        self.notes.fault(message, token.start, token.end)

    def read(self, block: list[Token]) -> Policy:
        """Read the statements of the block into a policy; faulty ones leave the default."""
        self.notes.taken_months()
        seen = set[str]()
        for words in _statements(block, self.notes):
            option = words[0].text.lower()
            if words[0].kind != "word":
                self.fault(f"{words[0].shown()} is not an option of dnssec-policy", words[0])
            elif option in seen:
                self.fault(f"{option} is given twice", words[0])
            else:
                seen.add(option)
                self.option(option, words)
        if self.flags.get("offline-ksk"):
            for key in self.keys:
                if key.role == "csk" and key.place:
                    self.notes.fault_at("csk cannot be used with offline-ksk", key.place)
        name = self.name
        return Policy(
            name.text.encode("latin-1").decode("utf-8", "replace"),
            "bind",
            self.notes.path,
            self.settings,
            self.keys,
            self.denial,
            self.notes.place(name.start, name.end),
            self.iterations,
            self.notes.taken_months(),
        )

    def option(self, option: str, words: list[Token]) -> None:
        """Read one statement."""
        if option in DURATIONS:
            self.duration(option, words)
        elif option in _FLAGS:
            if self.holds_one_value(words):
                self.flags[option] = self.boolean(option, words[1])
        elif option == "keys":
            self.read_keys(words)
        elif option == "nsec3param":
            self.nsec3(words)
        elif option == "cds-digest-types":
            if len(words) < 3 or words[1].text != "{":
                self.fault(f"{option} takes a list in braces", words[0])
        elif option in _OBSOLETE:
            self.fault(f"{option} is obsolete: BIND passes over it", words[0])
        elif option == "include":
            self.fault("include within a policy is not followed: what it holds is not read", words[0])
        else:
            self.fault(f"unknown option {words[0].shown()}{_hint(option)}", words[0])

    def holds_one_value(self, words: list[Token]) -> bool:
        """Tell whether a statement is an option and one word; notes what else it is."""
        if len(words) < 2:
            self.fault(f"{words[0].text.lower()} has no value", words[0])
            return False
        if words[1].kind != "word":
            self.fault(f"{words[0].text.lower()} takes one word without quotes", words[1])
            return False
        if len(words) > 2:
            self.fault(f"{words[2].shown()} is not expected here: is a semicolon missing before it?", words[2])
            return False
        return True

    def duration(self, option: str, words: list[Token]) -> None:
        """Read an option that holds a time."""
        if not self.holds_one_value(words):
            return
        word = words[1]
        seconds = self.notes.duration(bind_duration, option, word.text, word.start, word.end)
        if seconds is None:
            return
        if option == "max-zone-ttl" and seconds == 0:
            # 0 takes the limit away, and the key manager then reckons with a week
            seconds = _NO_LIMIT_TTL
        self.settings[DURATIONS[option]] = Setting(seconds, self.notes.place(word.start, word.end))

    def boolean(self, option: str, word: Token) -> bool:
        """Read yes or no; False where it is neither."""
        value = _BOOLEANS.get(word.text.lower())
        if value is None:
            self.fault(f"{option}: {word.shown()} is not yes or no", word)
        return bool(value)

    def number(self, what: str, word: Token, limit: int) -> int | None:
        """Read a number from 0 to `limit`."""
        text = word.text
        if word.kind == "word" and text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= limit:
            return int(text)
        self.fault(f"{what}: {word.shown()} is not a number from 0 to {limit}", word)
        return None

    def nsec3(self, words: list[Token]) -> None:
        """Read `nsec3param [iterations N] [optout BOOL] [salt-length N]`, in this order."""
        self.denial = "nsec3"
        at = 1
        for name in ("iterations", "optout", "salt-length"):
            if at >= len(words) or words[at].text.lower() != name:
                continue
            if at + 1 == len(words):
                self.fault(f"{name} has no value", words[at])
                return
            word = words[at + 1]
            if name == "optout":
                self.boolean(name, word)
            else:
                value = self.number(name, word, 255 if name == "salt-length" else 65535)
                if value is not None and name == "iterations":
                    self.iterations = Setting(value, self.notes.place(word.start, word.end))
            at += 2
        if at < len(words):
            order = "nsec3param takes iterations, optout and salt-length in this order"
            self.fault(f"{words[at].shown()} is not expected here: {order}", words[at])

    def read_keys(self, words: list[Token]) -> None:
        """Read `keys { KEY; ... }`."""
        if len(words) < 3 or words[1].text != "{":
            self.fault("keys takes a list in braces", words[0])
            return
        if words[-1].text != "}" or words[-1].kind != "mark":
            self.fault(f"{words[-1].shown()} is not expected here", words[-1])
            return
        found = [self.key(entry) for entry in _statements(words[2:], self.notes)]
        if not found:
            self.fault("keys is empty: without it BIND takes one csk, with it there is no key at all", words[0])
        self.keys = tuple(key for key in found if key)

    def key(self, words: list[Token]) -> PolicyKey | None:
        """Read `csk|ksk|zsk [key-directory | key-store NAME] lifetime X algorithm A [tag-range A B] [LENGTH]`."""
        rest = list(reversed(words))
        role = self.role(rest.pop())
        if role is None:
            return None
        if rest and rest[-1].text.lower() == "key-directory":
            rest.pop()
        elif rest and rest[-1].text.lower() == "key-store":
            store = rest.pop()
            if not rest or rest.pop().kind == "mark":
                self.fault("key-store has no name", store)
                return None
        life = self.after("lifetime", rest, words)
        algorithm = self.after("algorithm", rest, words) if life else None
        if not life or not algorithm:
            return None
        number = self.algorithm(algorithm)
        lifetime = self.lifetime(life)
        if rest and rest[-1].text.lower() == "tag-range" and not self.tag_range(rest):
            return None
        bits = self.bits(rest.pop(), number) if rest else None
        if rest:
            self.fault(f"{rest[-1].shown()} is not expected here: is a semicolon missing before it?", rest[-1])
        if number is None or lifetime is None:
            return None
        place = self.notes.place(words[0].start, words[-1].end)
        at = self.notes.place(life.start, life.end)
        return PolicyKey(role, number, lifetime or None, METHODS[role][0], bits, place, at)

    def role(self, word: Token) -> Role | None:
        """Read the role; BIND accepts capitals and then gives the key no role at all."""
        for role in METHODS:
            if word.text.lower() == role and word.kind == "word":
                if word.text != role:
                    self.fault(f"{word.shown()}: write {role}, in capitals BIND gives the key no role", word)
                return role
        self.fault(f"{word.shown()} is not csk, ksk or zsk", word)
        return None

    def after(self, keyword: str, rest: list[Token], words: list[Token]) -> Token | None:
        """Take a keyword and the word after it."""
        if not rest or rest[-1].text.lower() != keyword:
            wrong = rest[-1] if rest else words[-1]
            what = f"{keyword} is expected here, not" if rest else f"{keyword} is missing after"
            self.fault(f"{what} {wrong.shown()}", wrong)
            return None
        word = rest.pop()
        if not rest or rest[-1].kind != "word":
            self.fault(f"{keyword} takes one word without quotes", rest[-1] if rest else word)
            return None
        return rest.pop()

    def lifetime(self, word: Token) -> int | None:
        """Read a lifetime in seconds, 0 for unlimited; None where it is bad."""
        if word.text == "unlimited":
            return 0
        return self.notes.duration(bind_duration, "lifetime", word.text, word.start, word.end)

    def algorithm(self, word: Token) -> int | None:
        """Read an algorithm, by number or name."""
        if word.text.isdigit():
            return self.number("algorithm", word, 255)
        number = ALGORITHMS.get(word.text.upper())
        if number is None:
            self.fault(f"BIND knows no algorithm {word.shown()}", word)
        return number

    def tag_range(self, rest: list[Token]) -> bool:
        """Read `tag-range MIN MAX`; tells whether it is well formed."""
        keyword = rest.pop()
        if len(rest) < 2:
            self.fault("tag-range takes two key tags", keyword)
            return False
        word = rest.pop()
        low, high = self.number("tag-range", word, 65535), self.number("tag-range", rest.pop(), 65535)
        if low is not None and high is not None and low >= high:
            self.fault("tag-range must go from the lower to the higher tag", word)
        return True

    def bits(self, word: Token, algorithm: int | None) -> int | None:
        """Read the length of an RSA key in bits; for other algorithms BIND passes over it."""
        value = self.number("key length", word, 2**32 - 1)
        if value is None or algorithm not in RSA:
            return None
        if not 1024 <= value <= 4096:
            self.fault(f"an RSA key of {value} bits: BIND takes 1024 to 4096", word)
        return value


def _is(words: list[Token], name: str) -> bool:
    return bool(words) and words[0].kind == "word" and words[0].text.lower() == name


def _block(tokens: Iterator[Token], opener: Token) -> Iterator[Token]:
    """Give the tokens up to the brace that closes a block, that brace included. Raises `_Unclosed`."""
    depth = 1
    for token in tokens:
        yield token
        if token.kind == "mark":
            depth += {"{": 1, "}": -1, ";": 0}[token.text]
            if not depth:
                return
    raise _Unclosed("brace", opener.start)


def _statements(block: list[Token], notes: Notes) -> Iterator[list[Token]]:
    """Split a block that ends with its closing brace into statements, semicolons left out."""
    depth, words = 0, list[Token]()
    for token in block[:-1]:
        if token.kind == "mark":
            depth += {"{": 1, "}": -1, ";": 0}[token.text]
            if token.text == ";" and not depth:
                if words:
                    yield words
                else:
                    notes.fault("semicolon without a statement", token.start, token.end)
                words = []
                continue
        words.append(token)
    if words:
        notes.fault(f"semicolon missing after {words[-1].shown()}", words[-1].start, words[-1].end)
        yield words


def _hint(option: str) -> str:
    """Suggest the option that was meant."""
    import difflib

    near = difflib.get_close_matches(option, [*DURATIONS, *_FLAGS, "keys", "nsec3param", "cds-digest-types"], n=1)
    return f": did you mean {near[0]}?" if near else ""
