// The built-in instrument: strings that a worker has struck, dampers, a sustain pedal, a room. Takes moments of the
// audio clock; what comes from the daemon is played a constant time after it was due there, never "on arrival".

const LAG_S = 0.05;
const AHEAD_S = 0.04;
const VOICES = 56;
const STEP = 3;

export class Sound {
  constructor(stream) {
    this.stream = stream;
    this.buffers = new Map();
    this.voices = new Set();
    this.pedal = new Map(); // by who plays: down or up
    this.queue = []; // [due, hex], in order
    this.volume = 0.8;
    this.context = null;
    this.struck = { you: 0, it: 0 }; // strings so far, by who plays
  }

  // Only after the user has touched something may a browser sound.
  async start() {
    if (!this.context) this.#build();
    if (this.context.state !== "running") await this.context.resume();
    return this.context.state === "running";
  }

  get running() {
    return this.context?.state === "running";
  }

  set loudness(value) {
    this.volume = value;
    if (this.context) this.master.gain.setTargetAtTime(value * value * 2.6, this.context.currentTime, 0.02);
  }

  // The greatest sample of the last moments, 0 to 1.
  get level() {
    if (!this.context) return 0;
    this.analyser.getFloatTimeDomainData(this.samples);
    return this.samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  }

  // Messages that the daemon is about to play, at its time.
  order(messages) {
    for (const message of messages) this.queue.push(message);
    this.queue.sort((a, b) => a[0] - b[0]);
    this.#commit();
  }

  // What is due after that moment is not to be played.
  revoke(after) {
    this.queue = this.queue.filter(([due]) => due <= after);
  }

  // A message of somebody's, at once or at a moment of the audio clock.
  play(hex, who, at = this.context?.currentTime) {
    if (!this.running) return;
    const [status, pitch, value] = [0, 2, 4].map((from) => parseInt(hex.slice(from, from + 2), 16));
    const kind = status & 0xf0;
    if (kind === 0x90 && value) this.#strike(pitch, value, who, at);
    else if (kind === 0x90 || kind === 0x80) this.#lift(pitch, who, at);
    else if (kind === 0xb0 && pitch === 64) this.#tread(value >= 64, who, at);
  }

  silence() {
    this.queue = [];
    this.pedal.clear();
    for (const voice of this.voices) this.#damp(voice, this.context.currentTime, 0.03);
  }

  #build() {
    const c = (this.context = new AudioContext({ latencyHint: "interactive" }));
    this.master = c.createGain();
    this.analyser = c.createAnalyser();
    this.samples = new Float32Array(this.analyser.fftSize);
    const room = c.createConvolver(), wet = c.createGain(), press = c.createDynamicsCompressor();
    room.buffer = aRoom(c);
    wet.gain.value = 0.2;
    press.threshold.value = -14;
    press.ratio.value = 3;
    this.bus = c.createGain();
    this.bus.connect(this.master);
    this.bus.connect(room).connect(wet).connect(this.master);
    this.master.connect(press).connect(this.analyser).connect(c.destination);
    this.loudness = this.volume;
    const pitches = Array.from({ length: 30 }, (_, n) => 22 + n * STEP).sort((a, b) => Math.abs(a - 62) - Math.abs(b - 62));
    const worker = new Worker("/static/strings.js");
    worker.onmessage = ({ data: { pitch, samples } }) => {
      const buffer = c.createBuffer(1, samples.length, c.sampleRate);
      buffer.copyToChannel(samples, 0);
      this.buffers.set(pitch, buffer);
      if (this.buffers.size === pitches.length) worker.terminate();
    };
    worker.postMessage({ pitches, rate: c.sampleRate });
    this.#keepTime();
    setInterval(() => this.#commit(), 10);
  }

  // currentTime stands still within a block: the largest difference seen is the true one, and drift is followed.
  #keepTime() {
    const seen = this.context.currentTime - performance.now() / 1000;
    this.ahead = Math.max(seen, (this.ahead ?? seen) - 0.00002);
    if (Math.abs(this.ahead - seen) > 0.2) this.ahead = seen;
  }

  #commit() {
    if (!this.running) return void (this.queue.length = 0);
    this.#keepTime();
    while (this.queue.length) {
      const [due, hex] = this.queue[0];
      const at = due - this.stream.now(0) + this.ahead + LAG_S;
      if (at > this.context.currentTime + AHEAD_S) return;
      this.queue.shift();
      this.play(hex, "it", at);
    }
  }

  #strike(pitch, velocity, who, at) {
    const near = [...this.buffers.keys()].reduce((a, b) => (Math.abs(b - pitch) < Math.abs(a - pitch) ? b : a), 999);
    if (near === 999) return;
    this.#lift(pitch, who, at, true);
    const c = this.context, source = c.createBufferSource(), felt = c.createBiquadFilter(), gain = c.createGain(), place = c.createStereoPanner();
    const hard = velocity / 127, hz = 440 * 2 ** ((pitch - 69) / 12);
    source.buffer = this.buffers.get(near);
    source.playbackRate.value = 2 ** ((pitch - near) / 12);
    felt.type = "lowpass";
    felt.Q.value = 0.3;
    felt.frequency.value = Math.min(16000, hz * (1.6 + 5 * hard) + 300 + 9000 * hard ** 2.2);
    gain.gain.value = 0.05 + 0.95 * hard ** 1.7;
    place.pan.value = Math.max(-0.6, Math.min(0.6, (pitch - 62) / 70)) + (who === "it" ? 0.12 : -0.12);
    source.connect(felt).connect(gain).connect(place).connect(this.bus);
    const voice = { pitch, who, gain, source, down: true, at };
    source.onended = () => (this.voices.delete(voice), place.disconnect());
    source.start(Math.max(at, c.currentTime));
    this.voices.add(voice);
    this.struck[who] = (this.struck[who] ?? 0) + 1;
    if (this.voices.size > VOICES) this.#damp(this.#weakest(), c.currentTime, 0.02);
  }

  #weakest() {
    const all = [...this.voices].filter((voice) => !voice.damped);
    return all.find((voice) => !voice.down) ?? all[0];
  }

  #lift(pitch, who, at, again = false) {
    for (const voice of this.voices) {
      if (voice.pitch !== pitch || voice.who !== who || voice.damped || (!voice.down && !again)) continue;
      voice.down = false;
      if (again || !this.pedal.get(who)) this.#damp(voice, at, again ? 0.04 : 0);
    }
  }

  #tread(down, who, at) {
    this.pedal.set(who, down);
    if (!down) for (const voice of this.voices) if (voice.who === who && !voice.down && !voice.damped) this.#damp(voice, at);
  }

  // Felt falls on the string; the highest strings of a piano have none.
  #damp(voice, at, span = 0) {
    if (!voice || voice.damped) return;
    voice.damped = true;
    const s = span || (voice.pitch > 88 ? 0.9 : 0.05 + 0.12 * Math.max(0, (60 - voice.pitch) / 40));
    const from = Math.max(at, voice.at, this.context.currentTime);
    voice.gain.gain.setTargetAtTime(0, from, s);
    voice.source.stop(from + s * 7);
  }
}

// A small wooden room: noise that fades, more of it low than high.
function aRoom(context) {
  const length = Math.round(context.sampleRate * 1.5), buffer = context.createBuffer(2, length, context.sampleRate);
  for (const channel of [0, 1]) {
    const data = buffer.getChannelData(channel);
    let low = 0;
    for (let at = 0; at < length; at++) {
      low += 0.35 * (Math.random() * 2 - 1 - low);
      data[at] = low * Math.exp((-at / context.sampleRate) * 4.2) * Math.min(1, at / 300);
    }
  }
  return buffer;
}
