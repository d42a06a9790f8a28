// A worker that strikes strings: it computes the sound of one piano key, each partial as two damped resonators, a
// little out of tune with each other, one quick to fade and one slow. That gives a piano's double decay and its beating.

const STIFFNESS = 0.00028; // inharmonicity of the middle octave
const HIGHEST_HZ = 9500;

self.onmessage = ({ data: { pitches, rate } }) => {
  for (const pitch of pitches) {
    const samples = struck(pitch, rate);
    self.postMessage({ pitch, samples }, [samples.buffer]);
  }
};

function struck(pitch, rate) {
  const hz = 440 * 2 ** ((pitch - 69) / 12);
  const seconds = Math.max(1.4, Math.min(9, 9 - (pitch - 30) * 0.11));
  const out = new Float32Array(Math.round(seconds * rate));
  const stiff = STIFFNESS * 2 ** ((pitch - 60) / 14);
  const chance = seeded(pitch);
  for (let n = 1; n <= 42; n++) {
    const partial = n * hz * Math.sqrt(1 + stiff * n * n);
    if (partial > HIGHEST_HZ) break;
    // A hammer at an eighth of the string leaves out each eighth partial; felt is soft on high ones.
    const shape = Math.abs(Math.sin((n * Math.PI) / 8.3)) / n ** 1.05;
    const level = shape * Math.exp(-partial / (1500 + hz * 2.2)) * (0.85 + 0.3 * chance());
    const fades = (1.1 + 11 * Math.exp(-pitch / 26)) / (1 + 0.0011 * partial * (1 + n / 30));
    resonate(out, rate, partial, level * 0.72, fades * 0.28, chance() * 6.28);
    resonate(out, rate, partial * (1 + 0.00023 * (1 + chance())), level * 0.42, fades, chance() * 6.28);
  }
  hammer(out, rate, pitch, chance);
  return even(out, rate);
}

function resonate(out, rate, hz, level, fades_s, phase) {
  const w = (2 * Math.PI * hz) / rate, r = Math.exp(-1 / (fades_s * rate));
  const a = 2 * r * Math.cos(w), b = -r * r;
  let y1 = level * Math.sin(phase - w), y2 = (level * Math.sin(phase - 2 * w)) / r;
  const length = Math.min(out.length, Math.ceil(fades_s * 7.5 * rate));
  for (let at = 0; at < length; at++) {
    const y = a * y1 + b * y2;
    out[at] += y;
    y2 = y1;
    y1 = y;
  }
}

function hammer(out, rate, pitch, chance) {
  let low = 0;
  const soft = 0.06 + 0.1 * (pitch / 108);
  for (let at = 0; at < rate * 0.06; at++) {
    low += soft * (chance() * 2 - 1 - low);
    out[at] += low * 0.55 * Math.exp((-at / rate) * (70 + pitch));
  }
}

// The first two milliseconds rise, the last tenth falls, and all keys are as loud.
function even(out, rate) {
  const rise = Math.round(rate * 0.002), fall = Math.round(out.length * 0.1);
  let energy = 0;
  for (let at = 0; at < rate * 0.4; at++) energy += out[at] * out[at];
  const gain = 0.16 / Math.sqrt(energy / (rate * 0.4) || 1);
  for (let at = 0; at < out.length; at++) {
    const edge = Math.min(1, at / rise, (out.length - at) / fall);
    out[at] *= gain * edge;
  }
  return out;
}

function seeded(seed) {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 4294967296;
  };
}
