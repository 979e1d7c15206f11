"""What the judgements of dates share: findings about keys, sums in words, and which keys dates can be judged of."""

from __future__ import annotations

from zonelint.findings import Finding, Place
from zonelint.rollover.keydirs.life import Life
from zonelint.rollover.keydirs.numbers import Numbers


def finding(rule: str, message: str, place: Place, life: Life, other: Life | None = None, what: str = "") -> Finding:
    """Make a finding about a key, and perhaps another one; `what` tells several of one rule apart."""
    related = ((other.public.place, f"the other key, {other.label}"),) if other else ()
    which = ":".join(part for part in (life.which, other.which if other else "", what) if part)
    return Finding(rule, message, place, life.owner, "DNSKEY", which, related)


def can_judge(life: Life, numbers: Numbers) -> bool:
    """Tell whether the dates can be judged: where named keeps states, it goes by its own numbers."""
    return not life.managed or numbers.measured


def sum_of(numbers: Numbers, *names: str) -> str:
    """Write inputs as a sum with its result."""
    return f"{' + '.join(str(numbers.get(name)) for name in names)} = {sum(numbers.get(name) for name in names)}"
