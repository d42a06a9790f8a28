// The computer's keys as a piano. By their places, so that they lie the same whatever the layout.

const PLACES = ["KeyA", "KeyW", "KeyS", "KeyE", "KeyD", "KeyF", "KeyT", "KeyG", "KeyY", "KeyH", "KeyU", "KeyJ", "KeyK", "KeyO", "KeyL", "KeyP", "Semicolon", "Quote"];
const VELOCITY = 80;
const LOWEST = 24, HIGHEST = 84;

export class Typing {
  #down = new Map();

  // hear = {press(pitch, velocity), release(pitch), pedal(down), panic(), moved()}
  constructor(hear) {
    this.hear = hear;
    this.first = 60;
    addEventListener("keydown", (event) => this.#press(event));
    addEventListener("keyup", (event) => this.#lift(event.code));
    addEventListener("blur", () => this.letGo());
    document.addEventListener("visibilitychange", () => document.hidden && this.letGo());
  }

  // What is printed on the keys, by pitch.
  get letters() {
    const shown = (place) => ({ Semicolon: ";", Quote: "'" })[place] ?? place.slice(3);
    return new Map(PLACES.map((place, n) => [this.first + n, shown(place)]));
  }

  move(octaves) {
    const first = this.first + 12 * octaves;
    if (first < LOWEST || first > HIGHEST) return;
    this.letGo();
    this.first = first;
    this.hear.moved();
  }

  letGo() {
    for (const code of [...this.#down.keys()]) this.#lift(code);
  }

  #press(event) {
    if (event.code === "Escape") return this.hear.panic();
    if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
    if (event.repeat) return void (this.#plays(event.code) && event.preventDefault());
    const n = PLACES.indexOf(event.code);
    if (n >= 0) {
      this.#down.set(event.code, this.first + n);
      this.hear.press(this.first + n, event.shiftKey ? 112 : VELOCITY);
    } else if (event.code === "KeyZ" || event.code === "KeyX") this.move(event.code === "KeyZ" ? -1 : 1);
    else if (event.code === "Space" && !pressable(event.target)) {
      event.preventDefault();
      this.#down.set("Space", null);
      this.hear.pedal(true);
    } else return;
    if (event.code !== "Space") event.preventDefault();
  }

  #plays(code) {
    return this.#down.has(code);
  }

  #lift(code) {
    if (!this.#down.has(code)) return;
    const pitch = this.#down.get(code);
    this.#down.delete(code);
    if (pitch === null) this.hear.pedal(false);
    else this.hear.release(pitch);
  }
}

function writing(element) {
  return element.matches?.("select, textarea, input:not([type=range]):not([type=checkbox])");
}

function pressable(element) {
  return element.matches?.("button, input, summary, a");
}
