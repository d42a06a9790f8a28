"""What can be seen and heard of a page: in which colours the roll is drawn, how loud it is, what it showed ahead."""

from typing import Final

from playwright.sync_api import Page

OWN: Final = "antiphon.score.notes.filter((note) => note.own)"
FORESEES: Final = """() => { globalThis.foreseen = new Map(); setInterval(() => {
    for (const note of antiphon.score.ahead.values()) {
        const name = `${note.pitch} ${note.start.toFixed(2)}`;
        if (!foreseen.has(name)) foreseen.set(name, antiphon.stream.now());
    } }, 10) }"""
"""Has the page remember when each planned note was first shown."""


def foreseen(page: Page) -> float:
    """The share of Antiphon's notes that were shown before they sounded, on a page that FORESEES."""
    early = page.evaluate(
        f"{OWN}.filter(({{pitch, start}}) => foreseen.get(`${{pitch}} ${{start.toFixed(2)}}`) < start - 0.01).length"
    )
    return float(early / page.evaluate(f"{OWN}.length"))


def loudest(page: Page, ms: int) -> float:
    """The greatest sample the browser plays within so many milliseconds."""
    return float(
        page.evaluate(
            """(ms) => new Promise((done) => {
                let most = 0; const end = performance.now() + ms;
                const look = () => {
                    most = Math.max(most, antiphon.sound.level);
                    performance.now() < end ? setTimeout(look, 15) : done(most);
                }; look(); })""",
            ms,
        )
    )


def colours(page: Page) -> list[bool]:
    """Whether the colours of the player's notes and of Antiphon's are on the roll."""
    return list(
        page.evaluate(
            """() => {
                const roll = document.getElementById('roll'), style = getComputedStyle(document.documentElement);
                const { data } = roll.getContext('2d').getImageData(0, 0, roll.width, roll.height);
                return ['--you', '--it'].map((name) => {
                    const hex = style.getPropertyValue(name).trim();
                    const want = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
                    let found = 0;
                    for (let at = 0; at < data.length; at += 4)
                        if (data[at + 3] > 90 && want.every((v, n) => Math.abs(data[at + n] - v) < 14)) found++;
                    return found > 60;
                });
            }"""
        )
    )
