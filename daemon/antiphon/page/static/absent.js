// What is not there, and is said until it comes: all of MIDI, ports that were asked for, the model.

import { missing } from "./ports.js";

const LOADS_MS = 15_000; // a model that takes longer is said to be none
const INSTEAD = "this page is the instrument.";

export class Absent {
  #met = new Set(); // the ports asked for that were there once
  #hadMidi = false;
  #lost = [];
  #loading = null; // the timer that runs while no model plays

  constructor(notices, turn) {
    Object.assign(this, { notices, turn });
  }

  midi({ waiting, wanted, ports: connected }) {
    const all = this.#hadMidi ? `MIDI has gone and is waited for; meanwhile ${INSTEAD}` : `No MIDI here: ${INSTEAD}`;
    this.notices.state("waiting", waiting ? all : "", waiting);
    this.#hadMidi ||= !waiting && Boolean(connected?.in?.length || connected?.out?.length);
    const before = this.#lost;
    this.#lost = missing(wanted, connected);
    for (const part of [...(wanted?.in ?? []), ...(wanted?.out ?? [])]) if (!this.#lost.includes(part)) this.#met.add(part);
    for (const part of this.#lost) this.notices.state(`lost ${part}`, `${part} is ${this.#met.has(part) ? "gone" : "not there"}; it is waited for.`);
    for (const part of before) if (!this.#lost.includes(part)) this.notices.end(`lost ${part}`);
  }

  model(name) {
    if (name) {
      this.forget();
      return this.notices.end("model");
    }
    if (this.#loading) return;
    this.turn("starting");
    this.notices.state("model", "Starting: the model is being loaded.");
    this.#loading = setTimeout(() => {
      this.turn("no model");
      this.notices.state("model", "No model plays: none could be loaded yet. The terminal in which Antiphon runs says why, and so does antiphon doctor.");
    }, LOADS_MS);
  }

  // Another daemon may be there: it has time anew.
  forget() {
    clearTimeout(this.#loading);
    this.#loading = null;
  }
}
