// All that can be turned, made from the declarations; what is turned is sent, and what the daemon says is shown.

import { GROUPS, worded } from "./groups.js";

const EVERY_MS = 40;
const EXACT_ABOVE = 1000;

export class Panel {
  #controls = new Map();
  #waiting = {};
  #timer = null;

  constructor(element, change, ask) {
    Object.assign(this, { element, change, ask, values: {}, learning: "" });
  }

  build(declarations, apart = ["mode"]) {
    const known = new Map(declarations.filter(({ name }) => !apart.includes(name)).map((one) => [one.name, one]));
    const groups = GROUPS.map(([title, names]) => [title, names.filter((name) => known.has(name))]);
    const placed = new Set(groups.flatMap(([, names]) => names));
    groups.push(["More", [...known.keys()].filter((name) => !placed.has(name))]);
    this.element.replaceChildren();
    this.#controls.clear();
    for (const [title, names] of groups.filter(([, found]) => found.length)) {
      const group = make("fieldset", {}, make("legend", { textContent: title }));
      for (const name of names) group.append(this.#row(known.get(name)));
      this.element.append(group);
    }
    this.show(this.values);
  }

  show(values) {
    this.values = values;
    for (const [name, control] of this.#controls) if (name in values) control.show(values[name]);
  }

  // The parameter that waits for a knob to be moved; none where it is "".
  learn(name) {
    this.learning = name;
    for (const [other, { learning }] of this.#controls) learning(other === name);
  }

  #row(declared) {
    const { name, help, unit, default: usual } = declared;
    const id = `set-${name}`, said = make("output", { htmlFor: id, className: "value" });
    const input = field(declared, id);
    input.setAttribute("aria-describedby", `${id}-help`);
    const reset = make("button", { type: "button", className: "reset", textContent: "↺", title: `back to ${said_(usual)}` });
    reset.setAttribute("aria-label", `Reset ${worded(name)} to ${said_(usual)}`);
    reset.addEventListener("click", () => this.#turn(name, usual));
    const live = input.type === "range" ? "input" : "change";
    input.addEventListener(live, () => this.#turn(name, read(input, declared)));
    const show = (value) => {
      if (document.activeElement !== input || input.type !== "text") write(input, value);
      said.textContent = input.type === "range" ? `${said_(value)}${unit ? ` ${unit}` : ""}` : unit;
      reset.disabled = value === usual;
      row.classList.toggle("turned", value !== usual);
    };
    const learn = make("button", { type: "button", className: "learn", textContent: "⊙", title: "turn it with a knob: press this, then move the knob" });
    learn.setAttribute("aria-label", `Learn a control for ${worded(name)}`);
    learn.hidden = declared.type === "text";
    learn.addEventListener("click", () => this.ask(this.learning === name ? "" : name));
    const learning = (on) => learn.setAttribute("aria-pressed", on);
    learning(false);
    const row = make("div", { className: "row" });
    row.dataset.name = name;
    row.append(
      make("label", { htmlFor: id, textContent: worded(name) }), said, learn, reset, input,
      make("p", { id: `${id}-help`, className: "help", textContent: help }),
    );
    this.#controls.set(name, { show, learning });
    return row;
  }

  // Shown at once, sent a few times a second; the daemon's word is the last.
  #turn(name, value) {
    if (value === null) return this.show(this.values);
    this.values = { ...this.values, [name]: value };
    this.#controls.get(name).show(value);
    this.#waiting[name] = value;
    this.#timer ??= setTimeout(() => {
      this.change(this.#waiting);
      this.#waiting = {};
      this.#timer = null;
    }, EVERY_MS);
  }
}

function field({ type, low, high, choices }, id) {
  if (type === "bool") return make("input", { type: "checkbox", id, role: "switch" });
  if (type === "choice") return make("select", { id }, ...choices.map((word) => make("option", { textContent: word, value: word })));
  if (type === "text") return make("input", { type: "text", id, maxLength: 200, autocomplete: "off", spellcheck: false });
  const step = type === "int" ? 1 : "any"; // steps would count from the lowest value, and miss the default
  return make("input", { type: high - low > EXACT_ABOVE ? "number" : "range", id, min: low, max: high, step });
}

const stepOf = ({ low, high }) => (high - low > 50 ? 0.5 : high - low > 5 ? 0.05 : 0.01);

function read(input, declared) {
  const { type, low, high } = declared;
  if (type === "bool") return input.checked;
  if (type === "choice" || type === "text") return input.value;
  const value = input.value === "" ? NaN : Number(input.value);
  if (!Number.isFinite(value)) return null;
  const bounded = Math.max(low, Math.min(high, value));
  if (type === "int") return Math.round(bounded);
  const step = stepOf(declared);
  return Math.max(low, Math.min(high, Number((Math.round(bounded / step) * step).toFixed(4))));
}

function write(input, value) {
  if (input.type === "checkbox") input.checked = value;
  else input.value = value;
}

const said_ = (value) => (typeof value === "boolean" ? (value ? "on" : "off") : typeof value === "number" ? String(Number(value.toPrecision(6))) : value);

export function make(tag, properties = {}, ...children) {
  const { role, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  if (role) element.setAttribute("role", role);
  element.append(...children);
  return element;
}
