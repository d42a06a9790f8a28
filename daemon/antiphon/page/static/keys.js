// The piano on the screen: mouse, pen and several fingers; the lower a key is touched, the louder it is.

const BLACK = [1, 3, 6, 8, 10];
const NAMES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];
const SOFTEST = 30, LOUDEST = 118;

export class Keys {
  #fingers = new Map();
  #keys = new Map();

  // press(pitch, velocity) and release(pitch) are called for what is touched.
  constructor(element, press, release) {
    Object.assign(this, { element, press, release });
    this.letters = new Map();
    this.first = 48;
    new ResizeObserver(() => this.#lay()).observe(element);
    element.addEventListener("pointerdown", (event) => this.#touch(event));
    element.addEventListener("pointermove", (event) => this.#fingers.has(event.pointerId) && this.#touch(event));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"])
      element.addEventListener(name, (event) => this.#leave(event.pointerId));
    element.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  // Show where the computer's keys are: a map from pitch to letter, and keep them in view.
  label(letters, first) {
    this.letters = letters;
    this.first = first;
    this.#lay(true);
  }

  light(pitch, own, on) {
    this.#keys.get(pitch)?.classList.toggle(own ? "it" : "you", on);
  }

  dark() {
    for (const key of this.#keys.values()) key.classList.remove("it", "you");
    this.#fingers.clear();
  }

  static name(pitch) {
    return `${NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;
  }

  #lay(again = false) {
    const width = this.element.clientWidth, whites = Math.max(10, Math.min(52, Math.floor(width / (width < 560 ? 34 : 30))));
    const octaves = Math.max(1, Math.ceil(whites / 7)), middle = this.first + 6;
    let from = width < 560 ? this.first : Math.round((middle - (octaves * 12) / 2) / 12) * 12;
    if (whites >= 52) from = 21;
    from = Math.max(21, Math.min(from, 96));
    if (!again && this.from === from && this.whites === whites) return;
    Object.assign(this, { from, whites });
    this.element.replaceChildren();
    this.#keys.clear();
    for (let pitch = from, white = 0; white < whites && pitch <= 108; pitch++) {
      const black = BLACK.includes(pitch % 12), key = document.createElement("div");
      if (black && white === 0) continue;
      key.className = black ? "key black" : "key";
      key.dataset.pitch = pitch;
      key.style.left = `${((white - (black ? 0.31 : 0)) / whites) * 100}%`;
      key.style.width = `${((black ? 0.62 : 1) / whites) * 100}%`;
      const letter = this.letters.get(pitch) ?? (pitch % 12 === 0 ? Keys.name(pitch) : "");
      key.innerHTML = "";
      key.append(Object.assign(document.createElement("span"), { textContent: letter }));
      if (!this.letters.has(pitch)) key.classList.add("plain");
      this.element.append(key);
      this.#keys.set(pitch, key);
      if (!black) white++;
    }
  }

  #touch(event) {
    event.preventDefault();
    if (event.type === "pointerdown") {
      this.element.focus({ preventScroll: true });
      this.element.setPointerCapture(event.pointerId);
    }
    const key = document.elementFromPoint(event.clientX, event.clientY)?.closest(".key");
    const pitch = key && this.element.contains(key) ? Number(key.dataset.pitch) : null;
    const before = this.#fingers.get(event.pointerId) ?? null;
    if (pitch === before) return;
    if (before !== null) this.release(before);
    this.#fingers.set(event.pointerId, pitch);
    if (pitch === null) return;
    const { top, height } = key.getBoundingClientRect();
    const depth = Math.max(0, Math.min(1, (event.clientY - top) / height));
    this.press(pitch, Math.round(SOFTEST + depth * (LOUDEST - SOFTEST)));
  }

  #leave(pointer) {
    const pitch = this.#fingers.get(pointer) ?? null;
    this.#fingers.delete(pointer);
    if (pitch !== null) this.release(pitch);
  }
}
