// Draws the score as a piano roll, as often as the screen is drawn. Past to the left of the line, plan to the right.

const PAST_S = 9, PAST_NARROW_S = 5;
const NOW_AT = 0.7;
const LEAST_PITCHES = 31;
const FADE_MS = 180;
const BAND_PX = 52; // at most, for the curve below
const NAMES = "C";

export class Roll {
  #from = 43;
  #to = 84;
  #last = 0;

  constructor(canvas, score, curve, now) {
    Object.assign(this, { canvas, score, curve, now });
    this.context = canvas.getContext("2d");
    this.bars = null; // {at, every}: s, where there is a beat
    this.frames = 0;
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    new ResizeObserver(() => this.#fit()).observe(canvas);
    matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => this.#ink());
    this.#fit();
    this.#ink();
    const draw = (ms) => {
      this.#draw(ms);
      requestAnimationFrame(draw);
    };
    requestAnimationFrame(draw);
  }

  #fit() {
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const { width, height } = this.canvas.getBoundingClientRect();
    Object.assign(this, { width, height });
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  #ink() {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(name).trim();
    this.ink = Object.fromEntries(["you", "it", "line", "lane", "faint", "ground"].map((n) => [n, read(`--${n}`)]));
  }

  x(time) {
    const past = this.width < 560 ? PAST_NARROW_S : PAST_S;
    return this.width * NOW_AT + ((time - this.time) * this.width * NOW_AT) / past;
  }

  // The other way round: when what is drawn there happens (s).
  moment(x) {
    return this.time + (x - this.x(this.time)) / (this.x(this.time + 1) - this.x(this.time));
  }

  y(pitch) {
    return this.bottom - 8 - ((pitch - this.#from) * (this.bottom - 22)) / (this.#to - this.#from);
  }

  // Where the notes end and the curve begins.
  get bottom() {
    return this.height - 20 - Math.min(BAND_PX, this.height * 0.16);
  }

  #draw(ms) {
    this.frames++;
    this.time = this.now();
    this.#look(Math.min(0.1, (ms - this.#last) / 1000));
    this.#last = ms;
    const c = this.context;
    c.clearRect(0, 0, this.width, this.height);
    this.#lanes(c);
    this.#barlines(c);
    const lane = (this.bottom - 22) / (this.#to - this.#from);
    const thick = Math.max(7, Math.min(22, lane * 0.92));
    for (const note of this.score.notes) this.#note(c, note, thick);
    for (const note of this.score.ahead.values()) this.#planned(c, note, thick, ms);
    this.#pedals(c);
    this.#surprise(c);
    this.#nowLine(c);
  }

  #surprise(c) {
    const top = this.bottom, height = this.height - 20 - top;
    c.fillStyle = this.ink.lane;
    c.fillRect(0, top, this.width, height);
    this.curve.draw(c, (time) => this.x(time), top + 3, height - 3, this.ink);
  }

  // The pitches in view follow the music, slowly.
  #look(elapsed) {
    const earliest = this.time - PAST_S;
    const seen = this.score.notes.filter((n) => n.end === null || n.end > earliest).concat([...this.score.ahead.values()]);
    let low = Math.min(55, ...seen.map((n) => n.pitch)) - 3, high = Math.max(76, ...seen.map((n) => n.pitch)) + 3;
    const spare = Math.max(0, LEAST_PITCHES - (high - low)) / 2;
    low -= spare;
    high += spare;
    const pace = this.still.matches ? 1 : 1 - Math.exp(-elapsed * 2.5);
    this.#from += (low - this.#from) * pace;
    this.#to += (high - this.#to) * pace;
  }

  #lanes(c) {
    const lane = (this.bottom - 22) / (this.#to - this.#from);
    c.fillStyle = this.ink.lane;
    for (let pitch = Math.ceil(this.#from); pitch <= this.#to; pitch++) {
      if ([1, 3, 6, 8, 10].includes(pitch % 12)) c.fillRect(0, this.y(pitch) - lane / 2, this.width, lane);
    }
    c.fillStyle = c.strokeStyle = this.ink.faint;
    c.font = "12px system-ui, sans-serif";
    c.textBaseline = "middle";
    for (let pitch = Math.ceil(this.#from / 12) * 12; pitch <= this.#to; pitch += 12) {
      const y = Math.round(this.y(pitch) + lane / 2) + 0.5;
      c.globalAlpha = 0.35;
      c.beginPath();
      c.moveTo(0, y);
      c.lineTo(this.width, y);
      c.stroke();
      c.globalAlpha = 1;
      c.fillText(`${NAMES}${pitch / 12 - 1}`, 8, this.y(pitch));
    }
  }

  #barlines(c) {
    if (!this.bars) return;
    const { at, every } = this.bars;
    c.strokeStyle = this.ink.faint;
    c.globalAlpha = 0.4;
    for (let time = at + Math.ceil((this.time - PAST_S - at) / every) * every; this.x(time) < this.width; time += every) {
      c.beginPath();
      c.moveTo(this.x(time), 0);
      c.lineTo(this.x(time), this.height);
      c.stroke();
    }
    c.globalAlpha = 1;
  }

  #note(c, note, thick) {
    const end = note.end ?? this.time;
    if (this.x(end) < -20 || note.start > this.time + 0.05) return;
    const from = this.x(note.start), length = Math.max(thick * 0.7, this.x(Math.min(end, this.time)) - from);
    const sounds = note.end === null || note.end > this.time;
    c.fillStyle = note.own ? this.ink.it : this.ink.you;
    if (sounds) {
      c.globalAlpha = 0.22;
      box(c, from - 5, this.y(note.pitch) - thick / 2 - 5, length + 10, thick + 10, (thick + 10) / 2);
    }
    c.globalAlpha = sounds ? 1 : 0.45 + 0.5 * (note.velocity / 127);
    box(c, from, this.y(note.pitch) - thick / 2, length, thick, Math.min(thick / 2, 7));
    c.globalAlpha = 1;
  }

  #planned(c, note, thick, ms) {
    const from = Math.max(this.x(note.start), this.x(this.time)), end = note.end ?? note.start + 1.5;
    const length = this.x(end) - from;
    if (length <= 0 || from > this.width) return;
    const grown = Math.min(1, (ms - note.born) / FADE_MS), left = note.gone ? Math.max(0, 1 - (ms - note.gone) / FADE_MS) : 1;
    c.globalAlpha = (0.16 + 0.2 * (note.velocity / 127)) * grown * left;
    c.fillStyle = c.strokeStyle = this.ink.it;
    box(c, from, this.y(note.pitch) - thick / 2, Math.max(thick * 0.7, length), thick, Math.min(thick / 2, 7));
    c.globalAlpha = 0.9 * grown * left;
    c.lineWidth = 1.5;
    c.stroke();
    c.globalAlpha = 1;
  }

  #pedals(c) {
    for (const span of [...this.score.pedals, ...this.score.pedalsAhead.map((one) => ({ ...one, own: true, planned: true }))]) {
      const end = this.x(span.end ?? (span.planned ? span.start + 1 : this.time)), from = this.x(span.start);
      if (end < 0 || from > this.width) continue;
      c.fillStyle = span.own ? this.ink.it : this.ink.you;
      c.globalAlpha = span.planned ? 0.25 : 0.6;
      box(c, from, this.height - (span.own ? 7 : 13), Math.max(2, end - from), 4, 2);
    }
    c.globalAlpha = 1;
  }

  #nowLine(c) {
    const x = Math.round(this.width * NOW_AT) + 0.5;
    c.strokeStyle = this.ink.line;
    c.lineWidth = 2;
    c.beginPath();
    c.moveTo(x, 0);
    c.lineTo(x, this.height);
    c.stroke();
  }
}

function box(c, x, y, width, height, radius) {
  c.beginPath();
  c.roundRect(x, y, width, height, radius);
  c.fill();
}
