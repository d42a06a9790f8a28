// How surprising what is played is to the model, over time: a curve for each side, smoothed over some events.
// Of yours, how unexpected it was; of Antiphon's own, how unsure it was of it. In nats: 0 is certain.

const WEIGHT = 0.2; // of the newest event
const TOP = 12; // nats
const APART_S = 2; // no line is drawn over a silence longer than this
const KEPT_S = 40;

export class Curve {
  #seen = new Map();

  constructor() {
    this.points = { you: [], it: [] }; // {time, nats, apart}
  }

  // The rows of a picture: [time, kind, pitch, velocity, own, nats]. The same one may be told twice.
  take(played = []) {
    for (const [time, kind, pitch, , own, nats] of played) {
      const name = `${time} ${kind} ${pitch} ${own}`;
      if (nats === null || nats === undefined || this.#seen.has(name)) continue;
      this.#seen.set(name, time);
      const points = this.points[own ? "it" : "you"], last = points.at(-1);
      const apart = !last || time - last.time > APART_S;
      points.push({ time, apart, nats: last ? last.nats + (nats - last.nats) * WEIGHT : nats });
      while (points[0].time < time - KEPT_S) points.shift();
      if (this.#seen.size > 4000) for (const [one, at] of this.#seen) if (at < time - KEPT_S) this.#seen.delete(one);
    }
  }

  // The newest of one side, nats; null before there is any.
  now(side) {
    return this.points[side].at(-1)?.nats ?? null;
  }

  // Into a band of a canvas: x(time), colours by side.
  draw(c, x, top, height, ink) {
    const y = (nats) => top + height * (1 - Math.min(1, nats / TOP));
    for (const [side, points] of Object.entries(this.points)) {
      c.strokeStyle = c.fillStyle = ink[side];
      c.lineWidth = 2;
      c.lineJoin = "round";
      for (const run of runs(points)) {
        c.beginPath();
        for (const { time, nats } of run) c.lineTo(x(time), y(nats));
        if (run.length === 1) c.lineTo(x(run[0].time) + 2, y(run[0].nats));
        c.stroke();
        c.lineTo(x(run.at(-1).time), top + height);
        c.lineTo(x(run[0].time), top + height);
        c.globalAlpha = 0.12;
        c.fill();
        c.globalAlpha = 1;
      }
    }
  }
}

function runs(points) {
  const found = [];
  for (const point of points) {
    if (point.apart) found.push([]);
    found.at(-1)?.push(point);
  }
  return found;
}
