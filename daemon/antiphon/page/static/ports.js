// The MIDI ports there are, to listen to and to play to. None chosen: Antiphon has ports of its own to connect to.

import { make } from "./panel.js";

const TITLES = { in: "It listens to", out: "It plays to" };

export class PortList {
  #wanted = { in: [], out: [] };

  constructor(section, connect) {
    Object.assign(this, { section, connect, shown: "" });
  }

  show(offered = {}, wanted = {}, connected = {}) {
    const shown = JSON.stringify([offered, wanted, connected]);
    if (shown === this.shown) return;
    this.shown = shown;
    this.#wanted = { in: wanted.in ?? [], out: wanted.out ?? [] };
    const ways = Object.keys(TITLES).map((way) => this.#way(way, offered[way] ?? [], connected[way] ?? []));
    this.section.hidden = ways.every((way) => way === null);
    this.section.querySelector("div").replaceChildren(...ways.filter(Boolean));
  }

  #way(way, offered, connected) {
    const names = [...new Set([...offered, ...this.#wanted[way]])];
    if (!names.length) return null;
    const rows = names.map((name) => {
      const box = make("input", { type: "checkbox", checked: this.#wanted[way].includes(name) || connected.includes(name) });
      box.addEventListener("change", () => this.#turn(way, name, box.checked, connected));
      const gone = offered.includes(name) ? "" : " (waited for)";
      return make("li", {}, make("label", {}, box, ` ${name}${gone}`));
    });
    return make("fieldset", {}, make("legend", { textContent: TITLES[way] }), make("ul", {}, ...rows));
  }

  #turn(way, name, on, connected) {
    const known = connected.filter((one) => !one.startsWith("Antiphon "));
    const before = new Set([...this.#wanted[way].filter((part) => !known.some((one) => one.toLowerCase().includes(part.toLowerCase()))), ...known]);
    on ? before.add(name) : before.delete(name);
    this.connect({ ...this.#wanted, [way]: [...before] });
  }
}
