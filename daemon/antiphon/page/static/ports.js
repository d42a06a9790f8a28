// The MIDI ports there are, to listen to and to play to. None chosen: Antiphon has ports of its own to connect to.

import { make } from "./panel.js";

const TITLES = { in: "It listens to", out: "It plays to" };

// Whether a port is one that was asked for: by a part of its name in any case, or by one of several, "a | b".
export function fits(wanted, name) {
  const parts = wanted.split("|").map((part) => part.trim().toLowerCase());
  return parts.some((part) => part && name.toLowerCase().includes(part));
}

// Those asked for that no connected port is, without repetition.
export function missing(wanted = {}, connected = {}) {
  const gone = Object.keys(TITLES).flatMap((way) => (wanted[way] ?? []).filter((part) => !(connected[way] ?? []).some((name) => fits(part, name))));
  return [...new Set(gone)];
}

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
    const absent = this.#wanted[way].filter((part) => !connected.some((name) => fits(part, name)) && !offered.includes(part));
    const names = [...new Set([...offered, ...connected.filter((name) => !ours(name)), ...absent])];
    if (!names.length) return null;
    const rows = names.map((name) => {
      const box = make("input", { type: "checkbox", checked: this.#wanted[way].includes(name) || connected.includes(name) });
      box.addEventListener("change", () => this.#turn(way, name, box.checked, connected));
      const gone = absent.includes(name) ? " (waited for)" : "";
      return make("li", {}, make("label", {}, box, ` ${name}${gone}`));
    });
    return make("fieldset", {}, make("legend", { textContent: TITLES[way] }), make("ul", {}, ...rows));
  }

  #turn(way, name, on, connected) {
    const known = connected.filter((one) => !ours(one));
    const before = new Set([...this.#wanted[way].filter((part) => !known.some((one) => fits(part, one))), ...known]);
    on ? before.add(name) : before.delete(name);
    this.connect({ ...this.#wanted, [way]: [...before] });
  }
}

// A port of our own is there for others to connect to, and is nothing to choose.
const ours = (name) => name.startsWith("Antiphon ");
