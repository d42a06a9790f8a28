// What has been recorded: to be heard again, kept, or thrown away. Shown only where the daemon keeps takes.

import { make } from "./panel.js";

const WHERE = "/api/takes";
const FORMS = { musicxml: "MusicXML", pdf: "Sheet (PDF)", svg: "Sheet (SVG)", png: "Piano roll", wav: "Sound (WAV)" };
const LOOK_MS = 50;
const AHEAD_S = 0.3;

// What is said where nobody is there, for a moment or for good: the page tells that elsewhere.
const GONE = 503;
const REFUSED = JSON.stringify({ refused: "Antiphon does not answer." });

function ask(place, options) {
  return fetch(place, options).catch(() => new Response(REFUSED, { status: GONE }));
}

export class Takes {
  #playing = null; // {name, messages, at, begun, timer}

  constructor(section, sound, say) {
    Object.assign(this, { section, sound, say });
  }

  async show() {
    const answer = await ask(WHERE);
    if (answer.status !== GONE) this.section.hidden = !answer.ok;
    if (answer.ok) this.#list(await answer.json());
  }

  get playing() {
    return this.#playing?.name ?? null;
  }

  #list(takes) {
    const rows = takes.map((take) => this.#row(take));
    const none = make("p", { className: "help", textContent: "Nothing has been played yet; a take ends with half a minute of silence." });
    this.section.querySelector("ul").replaceChildren(...(rows.length ? rows : [none]));
  }

  #row({ name }) {
    const place = `${WHERE}/${encodeURIComponent(name)}`;
    const playing = this.playing === name;
    const play = this.#button(playing ? "Stop" : "Play", name, () => (playing ? this.stop() : this.#play(name, place)));
    const download = make("a", { href: place, download: `${name}.mid`, textContent: "Download" });
    download.setAttribute("aria-label", `Download ${name}`);
    const remove = this.#button("Delete", name, async () => {
      if (!confirm(`Delete the take ${name}?`)) return;
      const answer = await ask(place, { method: "DELETE" });
      if (!answer.ok) this.say((await answer.json()).refused);
      await this.show();
    });
    const forms = Object.entries(FORMS).map(([ending, text]) => this.#button(text, name, ({ currentTarget }) => this.#export(name, ending, currentTarget)));
    const summary = make("summary", { textContent: "As …" });
    summary.setAttribute("aria-label", `${name} as …`);
    const others = make("details", {}, summary, ...forms);
    return make("li", {}, make("span", { textContent: name }), play, download, remove, others);
  }

  // Fetched here, and not by a link, so that what is not installed is said in words.
  async #export(name, ending, button) {
    button.disabled = true;
    try {
      const answer = await ask(`${WHERE}/${encodeURIComponent(name)}/as/${ending}`);
      if (!answer.ok) return this.say((await answer.json()).refused);
      const file = URL.createObjectURL(await answer.blob());
      make("a", { href: file, download: `${name}.${ending}` }).click();
      setTimeout(() => URL.revokeObjectURL(file), 60_000);
    } finally {
      button.disabled = false;
    }
  }

  #button(text, name, act) {
    const made = make("button", { type: "button", textContent: text });
    made.setAttribute("aria-label", `${text} ${name}`);
    made.addEventListener("click", act);
    return made;
  }

  async #play(name, place) {
    this.stop();
    if (!(await this.sound.start())) return this.say("This browser does not let the page sound.");
    const answer = await ask(`${place}/messages`);
    const said = await answer.json();
    if (!answer.ok) return this.say(said.refused);
    const begun = this.sound.context.currentTime + AHEAD_S - (said.messages[0]?.[0] ?? 0);
    this.#playing = { name, messages: said.messages, at: 0, begun, timer: setInterval(() => this.#go(), LOOK_MS) };
    this.show();
  }

  #go() {
    const { messages, begun } = this.#playing;
    const until = this.sound.context.currentTime + AHEAD_S;
    while (this.#playing.at < messages.length && begun + messages[this.#playing.at][0] < until) {
      const [time, hex, own] = messages[this.#playing.at++];
      this.sound.play(hex, own ? "take, Antiphon" : "take, you", begun + time);
    }
    if (this.#playing.at === messages.length) this.stop(false);
  }

  stop(early = true) {
    if (!this.#playing) return;
    clearInterval(this.#playing.timer);
    this.#playing = null;
    if (early) this.sound.silence();
    this.show();
  }
}
