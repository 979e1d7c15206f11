"""The numbers of the arithmetic as options: `--dnskey-ttl 1h`, one for each input."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, get_type_hints

import typer

HELP = {
    "zone-propagation": "Until a change is on every server of the zone (Dprp); also --propagation.",
    "parent-propagation": "Until a change is on every server of the parent (DprpP).",
    "registration": "From submitting a DS record until the parent has it (Dreg).",
    "sign-delay": "Until a signer that renews signatures one by one has renewed them all (Dsgn).",
    "full-sign-delay": "How long it takes to sign the whole zone.",
    "dnskey-ttl": "The TTL of the DNSKEY set.",
    "ds-ttl": "The TTL of the DS set at the parent.",
    "data-ttl": "The largest TTL of signed data.",
    "denial-ttl": "The TTL of denial of existence.",
    "dnskey-negative-ttl": 'How long "there is no DNSKEY" is cached.',
    "ds-negative-ttl": 'How long "there is no DS" is cached.',
    "soa-refresh": "SOA refresh.",
    "soa-retry": "SOA retry.",
    "soa-expire": "SOA expire.",
    "publish-safety": "Added to the time before a new key is used.",
    "retire-safety": "Added to the time before an old key is removed.",
    "signature-validity": "How long signatures are good for.",
    "signature-refresh": "How long before its end a signature is renewed.",
    "signature-jitter": "By how much the end of signatures varies.",
    "clock-skew": "By how much the clock of a validator may be wrong.",
    "hold-down": "How long RFC 5011 resolvers watch a new key (30d).",
    "serve-stale": "For how long resolvers serve data beyond their TTL (RFC 8767).",
    "forwarders": "1 if caches that do not validate keep data beyond their signatures, else 0.",
}
"""The inputs that have an option, by name; `lifetime-...` come with --lifetime."""

ALIASES = {"zone-propagation": "--propagation"}

PROVER = (
    "zone-propagation", "parent-propagation", "sign-delay", "dnskey-ttl", "ds-ttl", "dnskey-negative-ttl",
    "ds-negative-ttl", "clock-skew", "hold-down", "serve-stale", "forwarders",
)  # fmt: skip
"""The inputs that the prover heeds whatever is in the plan."""


def with_numbers(names: Iterable[str] = tuple(HELP)) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for each name; it gets those that were said in its parameter `numbers`, as texts."""
    wanted = tuple(names)

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(command, include_extras=True)
        parameters = [each.replace(annotation=hints[name]) for name, each in
                      inspect.signature(command).parameters.items() if name != "numbers"]  # fmt: skip
        options = {name.replace("-", "_"): name for name in wanted}
        parameters += [
            inspect.Parameter(field, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_option(name))
            for field, name in options.items()
        ]

        def wrapper(**values: Any) -> None:
            numbers = {name: values.pop(field) for field, name in options.items()}
            command(**values, numbers={name: text for name, text in numbers.items() if text is not None})

        wrapper.__name__, wrapper.__doc__ = command.__name__, command.__doc__
        wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        wrapper.__annotations__ = {each.name: each.annotation for each in parameters}
        return wrapper

    return decorate


def seconds(numbers: Mapping[str, str]) -> dict[str, int]:
    """Turn the texts of the options into seconds; raises `BadTime` naming the option."""
    from zonelint.documents.fields import TTL_LIMIT
    from zonelint.times import BadTime, parse_duration

    result = {}
    for name, text in numbers.items():
        try:
            value = parse_duration(text)
        except BadTime as fault:
            raise BadTime(f"--{name}: {fault}") from None
        limit = 1 if name == "forwarders" else TTL_LIMIT
        if value > limit:
            raise BadTime(f"--{name}: {text!r} is more than {limit}")
        result[name] = value
    return result


def _option(name: str) -> Any:
    metavar = "0|1" if name == "forwarders" else "DURATION"
    flags = [f"--{name}", *([ALIASES[name]] if name in ALIASES else [])]
    return Annotated[str | None, typer.Option(*flags, metavar=metavar, help=HELP[name])]
