"""`zonelint explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from zonelint.cli.output import choose, emit, fail

if TYPE_CHECKING:
    from zonelint.catalogue import Rule


def explain(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="RULE|SYMPTOM|MESSAGE",
            help="Rules, by name or code; symptoms, as servfail; or what another tool said, in quotes.",
        ),
    ],
    layout: Annotated[str, typer.Option("--format", metavar="text|json|md", help="The format.")] = "text",
) -> None:
    """Explain a rule, a symptom, or the message of another tool: why it matters, what users see, what to do.

    The symptoms are servfail, no-ad-bit, sometimes-unsigned, nxdomain-fails, after-zsk-roll, after-ksk-roll,
    after-nsec3, worked-yesterday, ds-rejected, large-answers and provider-change.
    """
    from zonelint import symptoms

    choose("--format", layout, ("text", "json", "md"))
    if not names:
        fail("explain: no RULE given; `zonelint rules` lists them")
    wanted = [name.lower() for name in names]
    if all(map(symptoms.is_known, wanted)):
        from zonelint.report.symptoms import PAGES

        emit(PAGES[layout]([symptoms.symptom(name) for name in wanted]))
    elif len(names) == 1 and _is_message(names[0]):
        _explain_message(names[0], layout)
    else:
        _explain_rules(names, layout)


def _is_message(text: str) -> bool:
    """Tell words of another tool from a name of ours: they have spaces, or the form of a code as DNSViz gives it."""
    return bool(text.split()[1:]) or (text.isupper() and "_" in text)


def _explain_message(message: str, layout: str) -> None:
    from zonelint import messages
    from zonelint.report.messages import PAGES

    found = messages.matches(message)
    if not found:
        fail(f"explain: no rule lists a message like {message!r}; `zonelint rules` lists the rules")
    emit(PAGES[layout](message, found))


def _explain_rules(names: list[str], layout: str) -> None:
    from zonelint import catalogue
    from zonelint.report.rules import PAGES

    found: list[Rule] = []
    for name in names:
        try:
            found.append(catalogue.rule(name))
        except catalogue.UnknownRule as fault:
            _fail_as_symptom(name)
            fail(str(fault))
    emit(PAGES[layout](found))


def _fail_as_symptom(name: str) -> None:
    """Fail with the symptom that a name is nearest to, if it is one or near one."""
    import difflib

    from zonelint import symptoms

    known = symptoms.names()
    if name.lower() in known:
        fail(f"explain: {name!r} is a symptom; explain rules and symptoms one after the other")
    if near := difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.8):
        fail(f"unknown rule or symptom {name!r}: did you mean {near[0]!r}?")
