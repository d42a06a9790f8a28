"""A browser plays: seen, heard, steered, interrupted. Real pages in a real Chromium."""

import os
from pathlib import Path
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from tests.page.conftest import PORT, House, Opened, play, until
from tests.page.seen import FORESEES, LINES, OWN, colours, foreseen, loudest

from antiphon.core.parameters import REGISTRY

pytestmark = pytest.mark.browser

PICTURES: Final = Path(__file__).parents[2] / "docs" / "pictures"
LARGEST: Final = 300_000
LOADS_MS: Final = 30_000
"""So long may it take to load a model beside one that plays, on a machine that is busy with other things."""
ANSWERS: Final = f"{OWN}.length > 4"
PHONE: Final = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def pictured(page: Page, name: str) -> None:
    """Take a picture of the page; it goes into docs where ANTIPHON_PICTURES=1 says that it should be renewed."""
    taken = page.screenshot()
    assert len(taken) < LARGEST
    if os.environ.get("ANTIPHON_PICTURES") == "1":
        (PICTURES / f"{name}.png").write_bytes(taken)


def test_on_the_first_visit_c_e_g_are_answered_seen_and_heard(house: House, opened: Opened) -> None:
    page = opened(house.url, visited=False)
    expect(page.locator("#welcome p")).to_have_count(3)
    pictured(page, "first-visit")

    page.wait_for_timeout(500)  # for the first strings
    page.evaluate(FORESEES)
    play(page, "adg")
    assert loudest(page, 300) > 0.001
    expect(page.locator("#welcome")).to_be_hidden()
    until(page, ANSWERS)
    assert colours(page) == [True, True]
    assert loudest(page, 1500) > 0.001
    assert page.evaluate("antiphon.sound.struck.it") > 0
    pictured(page, "playing")

    assert page.evaluate("antiphon.score.notes.filter((note) => !note.own).map((note) => note.pitch)") == [60, 64, 67]
    assert foreseen(page) >= 0.95
    assert page.locator("#welcome").is_hidden()
    page.keyboard.press("Escape")


def test_bars_are_drawn_and_the_tempo_is_told_where_beats_count(house: House, opened: Opened) -> None:
    page = opened(house.url)
    tempo = page.locator("#tempo")
    expect(tempo).to_have_text("free")
    assert page.evaluate(LINES) == []
    page.click("#ways button[value=trade]")
    expect(tempo).to_have_text("120 bpm")
    off = page.evaluate(LINES)
    assert 4 <= len(off) <= 7  # 13 s in view, a bar each 2 s
    assert max(off) < 0.05
    page.click("#ways button[value=reply]")
    expect(tempo).to_have_text("free")
    assert page.evaluate(LINES) == []


def test_what_a_clock_says_of_beats_goes_before_what_was_set(house: House, opened: Opened) -> None:
    page = opened(house.url)
    found = page.evaluate("""() => {
        const pulse = new antiphon.pulse.constructor(), said = [];
        const look = (picture, values = {}) => {
            pulse.turn({ mode: "reply", beats: 3, quantise: 0, enter: "at once", reply: "phrase", ...values });
            pulse.take({ time: 10, tempo: 60, beat: 2.5, ...picture });
            said.push([pulse.said, pulse.bars && [pulse.bars.at, pulse.bars.every]]);
        };
        look({ clock: "own" });
        look({ clock: "running" });
        look({ clock: "stopped" }, { mode: "trade" });
        for (const values of [{ quantise: 50 }, { enter: "bar" }, { reply: "beats" }]) look({ clock: "own" }, values);
        look({ clock: "own" }, { enter: "bar", mode: "listen" });
        return said; }""")
    counts = ["60 bpm", [8.5, 3]]
    assert found == [["free", None], counts, ["stopped", None], counts, counts, counts, ["free", None]]


def test_how_surprising_what_is_played_is_is_drawn_as_a_curve_for_each_side(house: House, opened: Opened) -> None:
    page = opened(house.url)
    play(page, "adgjadgj")
    until(page, "antiphon.curve.points.it.length > 8")
    here = "antiphon.curve.now('{}').toFixed(1) === document.getElementById('surprise-{}').textContent"
    until(page, " && ".join(here.format(side, side) for side in ("you", "it")))
    nats = page.evaluate("[...antiphon.curve.points.you, ...antiphon.curve.points.it].map((point) => point.nats)")
    assert 0 < min(nats) < max(nats) < 30
    drawn = page.evaluate(
        """() => {
            const { roll } = antiphon, ratio = roll.canvas.width / roll.width;
            const band = [roll.bottom, roll.height - 20 - roll.bottom].map((y) => Math.round(y * ratio));
            const { data } = roll.context.getImageData(0, band[0], Math.round(roll.width * 0.69 * ratio), band[1]);
            const bytes = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
            return [roll.ink.you, roll.ink.it].map(bytes).map((ink) => { let n = 0;
                for (let at = 0; at < data.length; at += 4) n += ink.every((v, i) => Math.abs(data[at + i] - v) < 24);
                return n > 30; }); }"""
    )
    assert drawn == [True, True]
    page.keyboard.press("Escape")


def test_a_curve_weighs_each_event_once_and_leaves_silences_empty(house: House, opened: Opened) -> None:
    page = opened(house.url)
    found = page.evaluate("""() => {
        const curve = new antiphon.curve.constructor();
        const rows = [[1, 0, 60, 70, false, 10], [1.5, 1, 60, 0, false, null]];
        rows.push([2, 0, 62, 70, false, 5], [9, 0, 64, 70, false, 9]);
        curve.take(rows);
        curve.take([...rows, [9.1, 0, 65, 70, true, 2]]);
        return [curve.points.you.map((p) => [p.time, p.apart, p.nats]), curve.now("it"), curve.now("you")]; }""")
    assert found == [[[1, True, 10], [2, False, 9], [9, True, 9]], 2, 9]


def test_everything_declared_can_be_turned_and_put_back(house: House, opened: Opened) -> None:
    page = opened(house.url)
    page.click("#open-panel")
    turned = {name: other(parameter) for name, parameter in REGISTRY.items() if name != "mode"}
    for name, value in turned.items():
        control = page.locator(f"#set-{name}")
        if isinstance(value, bool):
            control.set_checked(value)
        elif REGISTRY[name].type == "choice":
            control.select_option(str(value))
        else:
            control.fill(str(value))
            control.blur()
    page.click("#ways button[value=solo]")
    expect(page.locator("#ways button[value=solo]")).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(300)
    assert house.values == pytest.approx({**turned, "mode": "solo"})
    page.evaluate("document.getElementById('panel').scrollTop = 0")
    pictured(page, "settings")

    page.click("#ways button[value=reply]")
    for name in turned:
        page.locator(f".row[data-name={name}] .reset").click()
    page.wait_for_timeout(300)
    assert house.values == {name: parameter.default for name, parameter in REGISTRY.items()}


def other(parameter: Any) -> Any:
    """A value that is not the default, and that no other parameter's forbids."""
    match parameter.type:
        case "bool":
            return not parameter.default
        case "choice":
            return parameter.choices[-1]
        case "text":
            return "C major"
    step = 1 if parameter.type == "int" else 0.5
    value = parameter.default + (step if parameter.default + step <= parameter.high else -step)
    return type(parameter.default)(value)


def test_what_cannot_be_is_refused_in_words_and_shown_as_it_stands(house: House, opened: Opened) -> None:
    page = opened(house.url)
    page.click("#open-panel")
    page.locator("#set-lock").fill("H moll")
    page.locator("#set-lock").blur()
    expect(page.locator("#notices")).to_contain_text("lock=H moll")
    expect(page.locator("#set-lock")).to_have_value("off")
    assert house.values["lock"] == "off"


def test_panic_silences_and_two_pages_agree(house: House, opened: Opened) -> None:
    here, there = opened(house.url), opened(house.url, color_scheme="light")
    here.wait_for_timeout(500)
    play(here, "afk")
    until(there, ANSWERS)
    until(here, ANSWERS)
    pictured(there, "light")
    here.click("#ways button[value=duet]")
    expect(there.locator("#ways button[value=duet]")).to_have_attribute("aria-pressed", "true")
    here.click("#ways button[value=reply]")
    play(here, "afk")
    until(here, "antiphon.sound.level > 0.001")
    there.keyboard.press("Escape")
    here.wait_for_timeout(2500)  # the room rings out
    assert loudest(here, 500) < 0.0005
    notes = "antiphon.score.notes.map((n) => [n.pitch, n.own, Math.round(n.start * 100)]).slice(-3)"
    assert here.evaluate(notes) == there.evaluate(notes)
    assert here.evaluate("antiphon.score.sounding.length") == 0


def test_a_note_whose_end_was_missed_is_seen_to_end_with_the_next_picture(house: House, opened: Opened) -> None:
    page = opened(house.url)
    found = page.evaluate("""() => {
        const score = new antiphon.score.constructor();
        score.show({ time: 1.1, played: [[1, 0, 60, 70, true], [1, 0, 61, 70, true], [1, 0, 62, 70, false]] });
        score.show({ time: 9, played: [[1, 2, 0, 127, true], [9.5, 0, 63, 70, true]], sounding: [61] });
        return [score.notes, score.pedals].map((some) => some.map((one) => one.end)); }""")
    assert found == [[9, None, None, None], [9]]


def test_octaves_and_the_pedal_are_on_the_computers_keyboard(house: House, opened: Opened) -> None:
    page = opened(house.url)
    said = record(page)
    play(page, "xa")
    play(page, "zza")
    page.keyboard.press("Space")
    assert page.evaluate(said) == ["904850", "804840", "903050", "803040", "b0407f", "b04000"]
    page.keyboard.press("Escape")


@pytest.mark.parametrize("granted", [True, False])
def test_a_keyboard_that_the_browser_knows_plays_where_that_is_allowed(
    house: House, opened: Opened, granted: bool
) -> None:
    page = opened(house.url)
    said = record(page)
    page.evaluate(
        """async (granted) => {
            const { connectMidi } = await import("/static/midi.js"), button = document.createElement("button");
            globalThis.key = { name: "Keystation" };
            const access = { inputs: new Map([["1", key]]) }, no = new DOMException("", "NotAllowedError");
            navigator.requestMIDIAccess = () => granted ? Promise.resolve(access) : Promise.reject(no);
            globalThis.offered = document.body.appendChild(button);
            await connectMidi(button, (message) => antiphon.stream.say({ play: message }));
            button.click(); }""",
        granted,
    )
    shown = "Keystation" if granted else "MIDI not allowed"
    until(page, f"offered.textContent === '{shown}'")
    if granted:
        page.evaluate("[[0x90, 60, 64], [0xf8], [0x80, 60, 0]].forEach((data) => key.onmidimessage({ data }))")
    assert page.evaluate(said) == (["903c40", "803c00"] if granted else [])
    page.keyboard.press("Escape")


def record(page: Page) -> str:
    """Have the page remember what it plays; the expression that says what that is."""
    page.evaluate("""() => { globalThis.played = []; const say = antiphon.stream.say.bind(antiphon.stream);
        antiphon.stream.say = (one) => { if (one.play) played.push(one.play); return say(one); }; }""")
    return "played"


def test_a_phone_has_everything_in_view_and_plays_louder_further_down(house: House, opened: Opened) -> None:
    page = opened(house.url, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for name in ("#roll", "#keys", "#panic", "#open-panel", "#turn", "#volume"):
        box = page.locator(name).bounding_box()
        assert box, name
        assert min(box["x"], 390 - box["x"] - box["width"], 844 - box["y"] - box["height"]) >= 0, name
    before = page.evaluate("antiphon.score.notes.length")
    key = page.locator(".key:not(.black)").nth(2).bounding_box()
    assert key
    for share in (0.65, 0.95):
        page.touchscreen.tap(key["x"] + key["width"] / 2, key["y"] + key["height"] * share)
        page.wait_for_timeout(150)
    until(page, f"antiphon.score.notes.length >= {before + 2}")
    soft, loud = page.evaluate("antiphon.score.notes.filter((n) => !n.own).slice(-2).map((n) => n.velocity)")
    assert soft + 15 < loud
    tapped = page.evaluate("antiphon.stream.now()")
    until(page, f"antiphon.score.notes.some((note) => note.own && note.start > {tapped})")
    page.wait_for_timeout(2500)
    pictured(page, "phone")
    page.keyboard.press("Escape")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_no_fault_that_would_shut_somebody_out(house: House, opened: Opened, scheme: str) -> None:
    page = opened(house.url, visited=False, color_scheme=scheme)
    page.click("#open-panel")
    found = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], [node["html"][:90] for node in v["nodes"]][:3]) for v in found] == []


def test_the_roll_is_drawn_as_often_as_the_screen_shows(house: House, opened: Opened) -> None:
    page = opened(house.url)
    count = """new Promise((done) => {
        const before = antiphon.roll.frames; setTimeout(() => done(antiphon.roll.frames - before), 2000) })"""
    drawn = max(page.evaluate(count) for _ in range(3)) / 2
    print(f"frames a second: {drawn:.0f}")
    assert drawn > 40  # 60 on a machine at rest


def test_the_page_goes_on_when_the_daemon_has_gone_and_come_back(opened: Opened) -> None:
    house = House(PORT + 1).start()
    try:
        page = opened(house.url)
        play(page, "ad")
        house.kill()
        expect(page.locator("[data-state=gone]")).to_be_visible()
        expect(page.locator("#turn")).to_have_text("gone")
        assert page.evaluate("antiphon.score.sounding.length") == 0
        house.start()
        expect(page.locator("[data-state=gone]")).to_be_hidden(timeout=15_000)
        expect(page.locator("#turn")).to_have_text("listening")
        play(page, "adg")
        until(page, ANSWERS)
    finally:
        house.kill()


def test_another_page_of_the_same_browser_is_noticed(house: House, opened: Opened) -> None:
    page = opened(house.url)
    second = page.context.new_page()
    second.goto(house.url)
    expect(page.locator("[data-state=other]")).to_be_visible()
    expect(second.locator("[data-state=other]")).to_be_visible()
    second.close()
    expect(page.locator("[data-state=other]")).to_be_hidden(timeout=9000)


def test_a_knob_is_learned_and_forgotten_from_the_page(house: House, opened: Opened) -> None:
    page = opened(house.url)
    page.click("#open-panel")
    learn = page.get_by_role("button", name="Learn a control for temperature", exact=True)
    learn.click()
    expect(learn).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#learning")).to_contain_text("temperature")
    expect(page.locator("#controls li span")).to_have_text("cc 20 on 1 = temperature")
    expect(learn).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Forget cc 20 on 1 = temperature").click()
    expect(page.locator("#controls")).to_be_hidden()


def test_of_a_control_of_the_configuration_the_page_says_that_it_comes_back(house: House, opened: Opened) -> None:
    page = opened(house.url)
    page.click("#open-panel")
    page.get_by_role("button", name="Learn a control for density", exact=True).click()
    page.get_by_role("button", name="Forget cc 20 on 1 = density").click()
    expect(page.locator("#notices")).to_contain_text("it is in the configuration (/home/me/antiphon.toml:7)")
    expect(page.locator("#controls")).to_be_hidden()


def test_a_take_is_heard_again_downloaded_and_thrown_away(house: House, opened: Opened) -> None:
    page = opened(house.url)
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("#open-panel")
    expect(page.locator("#takes li span")).to_have_text(["2026-02-02_evening", "2026-01-01_morning"])
    page.get_by_role("button", name="Play 2026-02-02_evening").click()
    until(page, "antiphon.sound.level > 0.001")
    page.get_by_role("button", name="Stop 2026-02-02_evening").click()
    expect(page.get_by_role("button", name="Play 2026-02-02_evening")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download 2026-02-02_evening").click()
    assert download.value.suggested_filename == "2026-02-02_evening.mid"
    assert Path(download.value.path()).read_bytes() == (house.takes / "2026-02-02_evening.mid").read_bytes()
    page.locator("#takes summary").first.click()
    with page.expect_download() as download:
        page.get_by_role("button", name="MusicXML 2026-02-02_evening").click()
    assert download.value.suggested_filename == "2026-02-02_evening.musicxml"
    assert b"<score-partwise" in Path(download.value.path()).read_bytes()
    page.get_by_role("button", name="Delete 2026-01-01_morning").click()
    expect(page.locator("#takes li")).to_have_count(1)
    assert [path.name for path in house.takes.iterdir()] == ["2026-02-02_evening.mid"]


@pytest.mark.parametrize("what", ["Play", "Delete"])
def test_where_nobody_answers_about_takes_that_is_said_and_they_stay(house: House, opened: Opened, what: str) -> None:
    page = opened(house.url)
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("#open-panel")
    expect(page.locator("#takes li span").first).to_have_text("2026-02-02_evening")
    page.route("**/api/takes**", lambda route: route.abort())
    page.get_by_role("button", name=f"{what} 2026-02-02_evening").click()
    expect(page.locator("#notices")).to_contain_text("Antiphon does not answer.")
    expect(page.locator("#takes li span").first).to_have_text("2026-02-02_evening")
    assert (house.takes / "2026-02-02_evening.mid").exists()


def test_ports_are_chosen_and_let_go_of_on_the_page(house: House, opened: Opened) -> None:
    page = opened(house.url)
    page.click("#open-panel")
    page.get_by_label("Pianoteq:in").check()
    until(page, "document.querySelectorAll('#ports input:checked').length === 1")
    assert house.state["wanted"] == {"in": [], "out": ["Pianoteq:in"]}
    page.get_by_label("Keystation:out").check()
    until(page, "document.querySelectorAll('#ports input:checked').length === 2")
    assert house.state["wanted"] == {"in": ["Keystation:out"], "out": ["Pianoteq:in"]}
    for name in ("Pianoteq:in", "Keystation:out"):
        page.get_by_label(name).uncheck()
    until(page, "document.querySelectorAll('#ports input:checked').length === 0")
    assert house.state["wanted"] == {"in": [], "out": []}


def test_what_is_not_there_is_named_until_it_comes(house: House, opened: Opened) -> None:
    page = opened(house.url)
    page.click("#open-panel")
    there, both = ["Keystation 49:out"], ["keystation", "Launchpad | launch"]

    def shown(connected: list[str], waiting: str | None = None, model: str | None = "default") -> list[str]:
        state = {**house.state, "wanted": {"in": both, "out": []}, "ports": {"in": connected, "out": []}}
        page.evaluate("antiphon.state", state | {"offered": {"in": there}, "waiting": waiting, "model": model})
        return page.locator("#notices .lasting:not([data-state=silent])").all_inner_texts()

    launch = "Launchpad | launch is not there; it is waited for."
    assert shown(there) == [launch]
    rows = page.locator("#ports fieldset:first-child li")
    expect(rows).to_have_text([there[0], f"{both[1]} (waited for)"])
    expect(rows.locator("input:checked")).to_have_count(2)
    assert shown([*there, "LAUNCHKEY:out"]) == []
    assert shown(["LAUNCHKEY:out"]) == ["keystation is gone; it is waited for."]
    gone = shown([], "the JACK server has ended")
    assert gone[1:] == [
        "MIDI has gone and is waited for; meanwhile this page is the instrument.",
        launch.replace("not there", "gone"),
    ]
    assert shown(["LAUNCHKEY:out", *there]) == []


def test_a_model_that_does_not_come_is_said_to_be_none(house: House, opened: Opened) -> None:
    page = opened(house.url)
    page.clock.install()
    page.evaluate("antiphon.state", {**house.state, "model": None})
    notice = page.locator("[data-state=model]")
    expect(notice).to_contain_text("is being loaded")
    page.clock.fast_forward(16_000)
    expect(notice).to_contain_text("No model plays")
    page.evaluate("antiphon.state", house.state)
    expect(notice).to_be_hidden()


def test_another_model_plays_at_the_press_of_its_button_and_what_sounds_ends(house: House, opened: Opened) -> None:
    page = opened(house.url, viewport={"width": 640, "height": 640})
    page.click("#ways button[value=solo]")
    page.click("#open-panel")
    until(page, f"{OWN}.length > 6", 40.0)
    expect(page.locator("#models button")).to_have_text(["default", "songbook"])
    expect(page.get_by_role("button", name="default", exact=True)).to_have_attribute("aria-pressed", "true")
    songbook = page.get_by_role("button", name="songbook", exact=True)
    songbook.click()
    expect(songbook).to_have_attribute("aria-pressed", "true", timeout=LOADS_MS)
    expect(page.locator("#model")).to_have_text("songbook")
    switched = page.evaluate("antiphon.stream.now()")
    until(page, f"{OWN}.filter((note) => note.start > {switched} + 1).length > 4", 40.0)
    assert house.state["model"] == "songbook"
    assert house.values["mode"] == "solo"
    page.get_by_role("button", name="default", exact=True).click()
    expect(page.locator("#model")).to_have_text("default", timeout=LOADS_MS)
    page.click("#close-panel")
    page.click("#ways button[value=reply]")
    page.keyboard.press("Escape")
    until(page, "antiphon.score.sounding.length === 0")


def test_a_scene_is_played_at_the_press_of_its_button(house: House, opened: Opened) -> None:
    page = opened(house.url)
    page.click("#open-panel")
    page.get_by_role("button", name="shadow-harmony").click()
    page.wait_for_timeout(1000)
    assert (house.values["mode"], house.values["lock"]) == ("harmony", "auto")
