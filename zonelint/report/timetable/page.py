"""The timetable as one HTML page: the picture, the steps, the proof, the keys and the numbers.

It holds no script and asks for nothing from elsewhere; a content security policy in the page forbids both.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from zonelint.report.text import visible
from zonelint.report.timetable.sheet import Row, Sheet, describe, key_text
from zonelint.report.timetable.svg import DARK, LIGHT, drawing
from zonelint.report.timetable.words import (
    accounts,
    algorithm_name,
    bounds_text,
    duration,
    iso,
    outside_text,
    size_text,
    time_text,
    verdict,
    wait_text,
)

_STYLE = """
:root{{color-scheme:light dark}}
body{{margin:0 auto;max-width:1240px;padding:16px 20px 48px;font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,
"Helvetica Neue",Arial,sans-serif;background:{page};color:{ink}}}
h1,h2{{line-height:1.25;overflow-wrap:anywhere}} h1{{font-size:1.5rem}} h2{{font-size:1.15rem;margin-top:2rem}}
.verdict{{font-weight:600;padding:.5em .8em;border-left:5px solid}}
.verdict.good{{border-color:{edge};color:{edge}}} .verdict.bad{{border-color:{bad};color:{bad}}}
figure{{margin:1rem 0;overflow-x:auto}} svg{{display:block;min-width:900px;max-width:100%;height:auto}}
.wide{{overflow-x:auto}}
table{{border-collapse:collapse;width:100%}} td,th{{text-align:left;vertical-align:top;padding:.45em .7em}}
th{{border-bottom:2px solid {rule}}} td{{border-bottom:1px solid {rule}}} td.number{{text-align:right}}
td time{{white-space:nowrap}} td p{{margin:0 0 .3em}} td,li,dd{{overflow-wrap:anywhere}}
.dim{{color:{dim}}} .bad{{color:{bad}}} tr.past{{opacity:.6}} tr.next td{{background:{stripe}}}
li{{margin:.2em 0}}
#steps+.wide th:nth-child(n+3){{width:40%}}
a.skip{{position:absolute;left:-99em}} a.skip:focus{{position:static}}
"""
_SWITCH = """
body{{background:{page};color:{ink}}} .verdict.good{{border-color:{edge};color:{edge}}}
.verdict.bad{{border-color:{bad};color:{bad}}} th,td{{border-color:{rule}}} .dim{{color:{dim}}} .bad{{color:{bad}}}
tr.next td{{background:{stripe}}}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def write(sheet: Sheet) -> str:
    """Write the whole page."""
    title = _esc(f"Key rollover of {sheet.plan.zone}")
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="generator" content="zonelint">',
        f"<title>{title}</title>",
        f"<style>{_STYLE.format(**LIGHT)}@media (prefers-color-scheme:dark){{{_SWITCH.format(**DARK)}}}</style>",
        "</head>",
        "<body>",
        '<a class="skip" href="#steps">To the steps</a>',
        "<main>",
        f"<h1>{title}</h1>",
        *_head(sheet),
        f"<figure>{drawing(sheet)}</figure>",
        *_steps(sheet),
        *_proof(sheet),
        *_keys(sheet),
        *_inputs(sheet),
        *_notes(sheet),
        "</main>",
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _esc(text: str) -> str:
    return escape(visible(text))


def _time(seconds: int, sheet: Sheet) -> str:
    return f'<time datetime="{escape(iso(seconds, sheet.tz))}">{_esc(time_text(seconds, sheet.tz))}</time>'


def _head(sheet: Sheet) -> Iterator[str]:
    kind = "good" if sheet.safe else "bad"
    yield f'<p class="verdict {kind}">{_esc(verdict(sheet)[:1].upper() + verdict(sheet)[1:])}</p>'
    yield f"<p>{_esc(sheet.methods)}"
    if sheet.rows:
        first, last = sheet.rows[0].at, sheet.rows[-1].at
        yield f"from {_time(first, sheet)} until {_time(last, sheet)} ({duration(last - first)})"
    yield f'<span class="dim">written {_time(sheet.now, sheet)}</span></p>'


def _steps(sheet: Sheet) -> Iterator[str]:
    """Give the steps as a table."""
    yield '<h2 id="steps">Steps</h2>'
    if not sheet.rows:
        yield "<p>There is nothing to do.</p>"
        return
    yield '<div class="wide"><table>'
    yield '<thead><tr><th scope="col">step</th><th scope="col">time</th><th scope="col">what to do</th>'
    yield '<th scope="col">when it is safe, and why</th></tr></thead><tbody>'
    for row in sheet.rows:
        state = "past" if row.at < sheet.now else "next" if row is sheet.next_row else ""
        yield f'<tr{f" class={state!r}" if state else ""}><td class="number">{row.number}</td>'
        yield f"<td>{_time(row.at, sheet)}{'<p class=dim>next</p>' if state == 'next' else ''}</td>"
        yield f"<td><p><strong>{_esc(row.title)}</strong></p>{_paragraphs(_deeds(row))}</td>"
        yield f"<td>{_reasons(row, sheet)}</td></tr>"
    yield "</tbody></table></div>"


def _deeds(row: Row) -> list[str]:
    return [*row.instructions, *(text for text in dict.fromkeys(map(describe, row.events)) if text != row.title)]


def _reasons(row: Row, sheet: Sheet) -> str:
    """Give the bounds of a step, its arithmetic, what limits it and where that is written."""
    parts = [bounds_text(row, sheet.tz)]
    if row.wait is not None:
        parts.append(wait_text(row.wait))
        if row.wait.limited_by:
            parts.append(f"limited by {row.wait.limited_by}")
        if row.wait.protects not in ("", "lenient"):
            parts.append(f"protects {row.wait.protects} validators")
    if row.size is not None:
        parts.append(f"DNSKEY answer {size_text(row.size)}")
    text = _paragraphs([part for part in parts if part])
    if outside := outside_text(row):
        text += f'<p class="bad">{_esc(outside)}</p>'
    return text + (f'<p class="dim">{_esc(", ".join(row.refs))}</p>' if row.refs else "")


def _paragraphs(texts: list[str]) -> str:
    return "".join(f"<p>{_esc(text)}</p>" for text in texts)


def _proof(sheet: Sheet) -> Iterator[str]:
    yield "<h2>Proof</h2>"
    yield f"<p>{_esc(verdict(sheet)[:1].upper() + verdict(sheet)[1:])}.</p>"
    told = accounts(sheet)
    if told:
        yield "<ul>"
    for account in told:
        sentences = account.sentences if account.trouble.outcome != "insecure" else ()
        inner = "".join(f"<li>{_esc(sentence)}</li>" for sentence in sentences)
        kind = "" if account.trouble.outcome == "insecure" else ' class="bad"'
        yield f"<li><span{kind}>{_esc(account.head)}</span>{f'<ul>{inner}</ul>' if inner else ''}</li>"
    if told:
        yield "</ul>"


def _keys(sheet: Sheet) -> Iterator[str]:
    if sheet.plan.keys:
        yield "<h2>Keys</h2>"
        yield "<ul>"
        for id_, key in sheet.plan.keys.items():
            yield f"<li>{_esc(id_)}: {_esc(key_text(key, algorithm_name(key.algorithm)))}</li>"
        yield "</ul>"


def _inputs(sheet: Sheet) -> Iterator[str]:
    if sheet.plan.inputs:
        yield "<h2>Inputs</h2>"
        yield '<div class="wide"><table><thead><tr><th scope="col">number</th><th scope="col">seconds</th>'
        yield '<th scope="col"></th><th scope="col">source</th></tr></thead><tbody>'
        for name, number in sheet.plan.inputs.items():
            yield (
                f'<tr><td>{_esc(name)}</td><td class="number">{number.value}</td>'
                f'<td class="number">{duration(number.value)}</td><td>{_esc(number.source)}</td></tr>'
            )
        yield "</tbody></table></div>"


def _notes(sheet: Sheet) -> Iterator[str]:
    if sheet.plan.notes:
        yield "<h2>Notes</h2>"
        yield f"<ul>{''.join(f'<li>{_esc(note)}</li>' for note in sheet.plan.notes)}</ul>"
