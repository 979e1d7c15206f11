"""The picture and the page in a real browser: everything is drawn, nothing overlaps, light and dark.

The browser is Chromium from Debian, without a window and without a network. Without it these tests are skipped, except
where the environment says that this is CI.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from test_timetable import BERLIN, DAY, READY, T0, many, prepublish, write

from zonelint.report.timetable.svg import DARK, LIGHT
from zonelint.rollover.model import Plan

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars "
    "--force-color-profile=srgb --force-device-scale-factor=1"
).split()
DARK_MODE = "--blink-settings=preferredColorScheme=0"

Browser = Callable[..., str]


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    """Give a function that opens a file and returns what the browser prints."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is not installed: apt-get install chromium")
        pytest.skip("chromium is not installed")

    def run(file: Path, *flags: str) -> str:
        profile = tmp_path / f"profile-{len(list(tmp_path.iterdir()))}"
        command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", *flags, file.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    return run


PLANS = {
    "safe": prepublish(),
    "a window": prepublish(600),
    "sixty steps": many(15, gaps=(READY, 600)),
    "a long name": prepublish(600, zone=".".join(["WWWWWWWWWW-label-of-63-octets-" + "m" * 33] * 3) + "."),
    "names that are markup": prepublish(
        600, zone='<b onload="x">&amp;</b></svg><script>document.title="owned"</script>'
    ),
}


class Box(NamedTuple):
    """What the browser measured of one element of the picture."""

    tag: str
    kind: str
    parent: str
    text: str
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        return (
            self.left < other.right - 0.5
            and other.left < self.right - 0.5
            and self.top + 2 < other.bottom - 2
            and other.top + 2 < self.bottom - 2
        )


MEASURE = """<pre id="measured"></pre><script>
const svg = document.querySelector("svg"), found = [];
for (const e of svg.querySelectorAll("text, rect, line, polygon, path")) {
  if (e.closest("defs")) continue;
  const b = e.getBoundingClientRect(), o = svg.getBoundingClientRect();
  found.push([e.tagName, e.getAttribute("class") || e.getAttribute("fill") || "",
    (e.parentElement.getAttribute("class") || ""), e.tagName == "text" ? e.textContent : "",
    b.left - o.left, b.top - o.top, b.right - o.left, b.bottom - o.top]);
}
document.getElementById("measured").textContent = JSON.stringify(found);
</script>"""


def measured(browser: Browser, folder: Path, plan: Plan, **options: Any) -> list[Box]:
    svg = write("svg", plan, **options).split("\n", 1)[1]
    file = folder / "measure.html"
    file.write_text(f'<!DOCTYPE html><meta charset="utf-8"><body style="margin:0">{svg}{MEASURE}', "utf-8")
    dumped = browser(file, "--window-size=1300,900", "--dump-dom")
    match = re.search(r'<pre id="measured">(.*?)</pre>', dumped, re.DOTALL)
    assert match
    return [Box(*each) for each in json.loads(unescape(match[1]))]


@pytest.mark.parametrize("name", PLANS)
def test_no_text_overlaps_another_and_all_are_inside(browser: Browser, tmp_path: Path, name: str) -> None:
    boxes = measured(browser, tmp_path, PLANS[name], tz=BERLIN)
    svg = write("svg", PLANS[name], tz=BERLIN)
    height = int(re.search(r'height="(\d+)"', svg)[1])  # type: ignore[index]
    texts = [box for box in boxes if box.tag == "text" and box.text]
    assert [box for box in boxes if box.left < -1 or box.right > 1201 or box.top < -1 or box.bottom > height + 1] == []
    ordered = sorted(texts, key=lambda box: box.top)
    clashes = []
    for i, box in enumerate(ordered):
        for other in ordered[i + 1 :]:
            if other.top > box.bottom:
                break
            if box.overlaps(other):
                clashes.append((box.text, other.text))
    assert clashes == []


def test_steps_and_windows_are_where_they_belong(browser: Browser, tmp_path: Path) -> None:
    boxes = measured(browser, tmp_path, prepublish(600))
    lines = [box for box in boxes if (box.tag, box.kind) == ("line", "event")]
    marks = [box for box in boxes if box.kind == "mark"]
    badges = [box for box in boxes if box.kind == "badge"]
    assert len(lines) == len(marks) == len(badges) == 3
    for line, mark in zip(lines, marks, strict=True):
        assert (mark.left + mark.right) / 2 == pytest.approx((line.left + line.right) / 2, abs=1)
        assert line.bottom - line.top > 200
    assert all(a.left < b.left for a, b in pairwise(marks))
    upper, lower = [box for box in boxes if box.parent.startswith("window bogus") and box.tag == "rect"]
    # the window begins with the second step
    assert upper.left == pytest.approx((lines[1].left + lines[1].right) / 2, abs=1)
    assert upper.right - upper.left > 20
    assert lower.top > upper.bottom
    safe = [box for box in boxes if box.kind == "safe" and box.parent == "step"]
    assert len(safe) == 3
    # the second step is planned before its safe time
    assert safe[1].left > marks[1].right - 6
    assert upper.right == pytest.approx(safe[1].left, abs=1.5)


def test_a_safe_plan_has_no_window(browser: Browser, tmp_path: Path) -> None:
    assert [box for box in measured(browser, tmp_path, prepublish()) if box.parent.startswith("window")] == []


def test_sixty_steps_are_all_there(browser: Browser, tmp_path: Path) -> None:
    boxes = measured(browser, tmp_path, PLANS["sixty steps"])
    assert sum(box.kind == "mark" for box in boxes) == 60
    assert len({round(box.top) for box in boxes if box.kind == "mark"}) == 60
    windows = [box for box in boxes if box.parent.startswith("window bogus") and box.tag == "rect"]
    assert len(windows) == 14
    assert all(box.right - box.left >= 2 for box in windows)


# what is really painted

Pixels = Counter[tuple[int, int, int]]


def picture(browser: Browser, folder: Path, name: str, plan: Plan, *flags: str, **options: Any) -> Iterator[bytes]:
    """Give the lines of pixels of a screenshot, three octets each."""
    file, shot = folder / f"page.{name}", folder / "shot.png"
    file.write_text(write(name, plan, **options), "utf-8")
    browser(file, f"--window-size={'1200,560' if name == 'svg' else '1300,900'}", f"--screenshot={shot}", *flags)
    return read_png(shot.read_bytes())


def read_png(data: bytes) -> Iterator[bytes]:
    """Read a PNG of 8 bits a colour, not interlaced (W3C PNG, sections 5, 9 and 11)."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed, width, size = 8, b"", 0, 0
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, _, depth, colours, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            assert (depth, interlaced) == (8, 0)
            size = {2: 3, 6: 4}[colours]
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    raw, stride = zlib.decompress(packed), width * size
    before = bytearray(stride)
    for start in range(0, len(raw), stride + 1):
        line = bytearray(raw[start + 1 : start + 1 + stride])
        unfilter(raw[start], line, before, size)
        yield bytes(octet for i, octet in enumerate(line) if i % size < 3) if size == 4 else bytes(line)
        before = line


def unfilter(kind: int, line: bytearray, above: bytearray, size: int) -> None:
    """Undo the filter of one line (W3C PNG section 9.2)."""
    for i in range(len(line)):
        left = line[i - size] if i >= size else 0
        up, corner = above[i], above[i - size] if i >= size else 0
        if kind == 1:
            line[i] = (line[i] + left) & 255
        elif kind == 2:
            line[i] = (line[i] + up) & 255
        elif kind == 3:
            line[i] = (line[i] + (left + up) // 2) & 255
        elif kind == 4:
            guess = left + up - corner
            nearest = min((left, up, corner), key=lambda value: abs(guess - value))
            line[i] = (line[i] + nearest) & 255


def colours(lines: Iterator[bytes]) -> Pixels:
    return Counter(pixel for line in lines for pixel in zip(line[::3], line[1::3], line[2::3], strict=True))


def shade(text: str) -> tuple[int, int, int]:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def reddish(pixels: Pixels) -> int:
    return sum(number for (r, g, b), number in pixels.items() if r > 200 and g < 150 and b < 160)


@pytest.mark.parametrize(("flags", "palette"), [((), LIGHT), ((DARK_MODE,), DARK)])
def test_the_phases_are_painted_in_their_colours(
    browser: Browser, tmp_path: Path, flags: tuple[str, ...], palette: dict[str, str]
) -> None:
    safe = colours(picture(browser, tmp_path, "svg", prepublish(), *flags))
    assert safe[shade(palette["page"])] > 200_000
    assert safe[shade(palette["everywhere"])] > 20_000
    assert safe[shade(palette["introduced"])] > 2_000
    assert safe[shade(palette["withdrawn"])] > 2_000
    assert safe[shade(palette["window"])] > 3_000
    assert safe[shade((LIGHT if palette is DARK else DARK)["everywhere"])] == 0


def test_a_window_is_painted_red_and_a_safe_plan_is_not(browser: Browser, tmp_path: Path) -> None:
    safe = reddish(colours(picture(browser, tmp_path, "svg", prepublish())))
    unsafe = reddish(colours(picture(browser, tmp_path, "svg", prepublish(600))))
    assert safe < 300  # the swatch of the legend
    assert unsafe > safe + 2_000


@pytest.mark.parametrize(("flags", "palette"), [((), LIGHT), ((DARK_MODE,), DARK)])
def test_the_page_is_painted_without_scripts_or_network(
    browser: Browser, tmp_path: Path, flags: tuple[str, ...], palette: dict[str, str]
) -> None:
    pixels = colours(picture(browser, tmp_path, "html", prepublish(600), *flags, tz=ZoneInfo("Asia/Tokyo")))
    assert pixels[shade(palette["page"])] > 700_000
    assert pixels[shade(palette["everywhere"])] > 10_000
    assert reddish(pixels) > 2_000


def test_markup_in_names_and_foreign_scripts_do_nothing(browser: Browser, tmp_path: Path) -> None:
    page = write("html", PLANS["names that are markup"])
    file = tmp_path / "page.html"
    # the policy of the page forbids even a script that somebody else put there
    file.write_text(page.replace("</main>", '</main><script>document.title="inserted"</script>'), "utf-8")
    dumped = browser(file, "--window-size=1300,900", "--dump-dom")
    title = re.search(r"<title>(.*?)</title>", dumped)
    assert title
    assert title[1].startswith("Key rollover of &lt;b onload=")
    assert dumped.count("<b ") == 0


def test_a_page_of_no_steps_is_painted(browser: Browser, tmp_path: Path) -> None:
    empty = replace(prepublish(), events=[])
    pixels = colours(picture(browser, tmp_path, "html", empty, now=T0 - DAY))
    assert pixels[shade(LIGHT["everywhere"])] > 10_000
    assert reddish(pixels) < 300
