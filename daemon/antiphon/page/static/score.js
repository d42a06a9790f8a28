// What has been played and what is planned, as notes with a beginning and an end. Knows no canvas and no sound.

const KEPT_S = 40;
const ON = 0, OFF = 1, PEDAL = 2;
const PEDAL_KEY = 128;
const FADE_MS = 180;

export class Score {
  constructor() {
    this.notes = []; // {start, end (null while it sounds), pitch, velocity, own}
    this.pedals = []; // {start, end, own}
    this.ahead = new Map(); // by name: {start, end, pitch, velocity, born, gone}
    this.pedalsAhead = [];
    this.#held = new Map();
    this.#seen = new Map();
  }
  #held;
  #seen;

  // Take a picture of the performance: {time, played, ahead, sounding}.
  show({ played = [], ahead = [], sounding = null, time }) {
    for (const event of played) this.event(...event);
    if (sounding) this.#end(new Set(sounding), time);
    this.#plan(ahead, time);
    this.#forget(time);
  }

  // Something that happened. The same event may be told twice.
  event(time, kind, pitch, velocity, own) {
    const name = `${Number(time).toFixed(3)} ${kind} ${pitch} ${own}`;
    if (this.#seen.has(name)) return;
    this.#seen.set(name, time);
    const key = `${own} ${kind === PEDAL ? "pedal" : pitch}`;
    const before = this.#held.get(key);
    if (kind === ON && before && before.start > time) return;
    if (before && (kind !== PEDAL || velocity === 0)) {
      before.end = Math.max(time, before.start);
      this.#held.delete(key);
    }
    if (kind === OFF || velocity === 0 || (kind === PEDAL && before)) return;
    const begun = { start: time, end: null, pitch, velocity, own };
    this.#held.set(key, begun);
    (kind === PEDAL ? this.pedals : this.notes).push(begun);
  }

  // A message in hexadecimal that was heard or ordered, at the daemon's time.
  message(time, hex, own) {
    const [status, pitch, value] = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
    time = Math.round(time * 1e4) / 1e4; // as precise as pictures are, so that the two agree
    const kind = status & 0xf0;
    if (kind === 0x90 && value) this.event(time, ON, pitch, value, own);
    else if (kind === 0x90 || kind === 0x80) this.event(time, OFF, pitch, 0, own);
    else if (kind === 0xb0 && pitch === 64) this.event(time, PEDAL, 0, value >= 64 ? 127 : 0, own);
  }

  // Nothing that sounded sounds any more.
  silence(time) {
    for (const held of this.#held.values()) held.end = Math.max(time, held.start);
    this.#held.clear();
    this.#plan([], time);
  }

  get sounding() {
    return [...this.#held.values()].filter((held) => this.notes.includes(held));
  }

  // Of the keys that Antiphon has down, these are all: what has ended meanwhile was missed.
  #end(sounding, time) {
    for (const [key, held] of this.#held) {
      if (!held.own || held.start > time || sounding.has(this.pedals.includes(held) ? PEDAL_KEY : held.pitch)) continue;
      held.end = time;
      this.#held.delete(key);
    }
  }

  // What was planned and is no more fades; what is new appears.
  #plan(ahead, time) {
    const planned = spans(ahead);
    this.pedalsAhead = planned.filter((span) => span.pedal);
    const now = performance.now(), names = new Set();
    for (const span of planned.filter((one) => !one.pedal)) {
      const name = `${span.pitch} ${span.start.toFixed(2)}`;
      names.add(name);
      const before = this.ahead.get(name);
      this.ahead.set(name, { ...span, born: before && !before.gone ? before.born : now, gone: null });
    }
    for (const [name, note] of this.ahead) {
      if (names.has(name)) continue;
      if (note.start <= time + 0.02 || (note.gone && now - note.gone > FADE_MS)) this.ahead.delete(name);
      else note.gone ??= now;
    }
  }

  #forget(time) {
    const old = (one) => one.end !== null && one.end < time - KEPT_S;
    while (this.notes.length && old(this.notes[0])) this.notes.shift();
    while (this.pedals.length && old(this.pedals[0])) this.pedals.shift();
    if (this.#seen.size > 4000) for (const [name, at] of this.#seen) if (at < time - KEPT_S) this.#seen.delete(name);
  }
}

function spans(events) {
  const open = new Map(), found = [];
  for (const [time, kind, pitch, velocity] of events) {
    const key = kind === PEDAL ? "pedal" : pitch;
    const before = open.get(key);
    if (before && (kind !== PEDAL || velocity === 0)) {
      before.end = time;
      open.delete(key);
    }
    if (kind === OFF || velocity === 0 || open.has(key)) continue;
    const span = { start: time, end: null, pitch, velocity, pedal: kind === PEDAL };
    open.set(key, span);
    found.push(span);
  }
  return found;
}
