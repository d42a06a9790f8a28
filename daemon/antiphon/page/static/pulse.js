// Whether beats count at the moment, how fast they go and where the bars lie. The header and the roll both ask here.

export class Pulse {
  #values = {};
  #picture = {};

  // The values of the parameters.
  turn(values) {
    this.#values = values;
  }

  // A picture of the performance: {time, tempo, beat, clock}.
  take({ time, tempo, beat, clock }) {
    this.#picture = { time, tempo, beat, clock };
  }

  // Where a clock is heard, or where what is played goes by the beats that were set.
  get counts() {
    const { mode, quantise, enter, reply, send_clock } = this.#values;
    if (this.#picture.clock !== "own") return this.#picture.clock === "running";
    if (mode === "trade" || send_clock) return true;
    return mode !== "listen" && (quantise > 0 || enter === "beat" || enter === "bar" || (mode === "reply" && reply === "beats"));
  }

  get said() {
    if (this.#picture.clock === "stopped") return "stopped";
    return this.counts ? `${Math.round(this.#picture.tempo)} bpm` : "free";
  }

  // {at, every}: s, one moment at which a bar begins and how long it lasts; null where none count.
  get bars() {
    const { time, tempo, beat } = this.#picture;
    if (!this.counts || !tempo || !beat) return null;
    const beat_s = 60 / tempo;
    return { at: time - (beat - 1) * beat_s, every: beat_s * (this.#values.beats ?? 4) };
  }
}
