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


LINES: Final = """() => new Promise((done) => requestAnimationFrame(() => {
    const { roll, pulse } = antiphon, ratio = roll.canvas.width / roll.width, found = [];
    const { data } = roll.context.getImageData(0, 2, roll.canvas.width, 1);
    for (let x = 0; x < roll.canvas.width; x++)
        if (data[4 * x + 3] && !(x && data[4 * x - 1]) && Math.abs(x / ratio - roll.width * 0.7) > 3)
            found.push(x / ratio);
    const { at, every } = pulse.bars ?? {};
    const bars = found.map((x) => (roll.moment(x + 0.5) - at) / every);
    done(bars.map((bar) => Math.abs(bar - Math.round(bar)) * every)); }))"""
"""Of each upright line on the roll but the one that is now, how far (s) it is from the beginning of a bar."""


_OPENING_S: Final = 0.05


def foreseen(page: Page) -> float:
    """The share of Antiphon's notes that were shown before they sounded, on a page that FORESEES. Those that an answer
    opens with are not counted: they are due as its turn comes."""
    return float(
        page.evaluate(
            f"""() => {{
                const own = {OWN}, opening = Math.min(...own.map((note) => note.start)) + {_OPENING_S};
                const later = own.filter((note) => note.start > opening);
                const shown = ({{pitch, start}}) => foreseen.get(`${{pitch}} ${{start.toFixed(2)}}`) < start - 0.01;
                return later.filter(shown).length / later.length; }}"""
        )
    )


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
