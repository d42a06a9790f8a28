// The stream from the daemon and to it: reconnects by itself, and knows the daemon's clock.
// Everything that arrives is an object with one member; whoever has asked for that member's name is told.

const AGAIN_MS = [300, 600, 1200, 2000];
const PING_MS = 2000;
const KEPT = 8;

export class Stream {
  #socket = null;
  #hearers = new Map();
  #tries = 0;
  #pings = [];
  #number = 0;

  constructor(url) {
    this.url = url;
    this.open = false;
    this.offset = null; // s: the daemon's clock less the browser's
    setInterval(() => this.#ping(), PING_MS);
  }

  on(name, hearer) {
    this.#hearers.set(name, [...(this.#hearers.get(name) ?? []), hearer]);
    return this;
  }

  connect() {
    const socket = (this.#socket = new WebSocket(this.url));
    socket.onopen = () => {
      this.open = true;
      this.#tries = 0;
      this.#pings = [];
      this.#tell("open", true);
      for (let n = 0; n < 4; n++) setTimeout(() => this.#ping(), 60 * n);
    };
    socket.onmessage = (event) => this.#take(JSON.parse(event.data));
    socket.onclose = (event) => {
      if (this.open || this.#tries === 0) this.#tell("open", false, event.reason);
      this.open = false;
      setTimeout(() => this.connect(), AGAIN_MS[Math.min(this.#tries++, AGAIN_MS.length - 1)]);
    };
  }

  // True where it could be said.
  say(message) {
    if (!this.open) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  // The daemon's time (s), now or at another moment of performance.now().
  now(ms = performance.now()) {
    return ms / 1000 + (this.offset ?? 0);
  }

  #take(said) {
    if ("pong" in said) return this.#pong(said);
    const known = Object.keys(said).some((name) => this.#hearers.has(name));
    if (!known && "turn" in said) return this.#tell("snapshot", said);
    for (const [name, value] of Object.entries(said)) this.#tell(name, value, said);
  }

  #tell(name, ...what) {
    for (const hearer of this.#hearers.get(name) ?? []) hearer(...what);
  }

  #ping() {
    if (this.open) this.say({ ping: ++this.#number, time: performance.now() });
    this.sent ??= new Map();
    this.sent.set(this.#number, performance.now());
    if (this.sent.size > 2 * KEPT) this.sent.delete(this.sent.keys().next().value);
  }

  // Of the last answers, the one that took the shortest way knows best.
  #pong({ pong, time }) {
    const sent = this.sent?.get(pong);
    if (sent === undefined) return;
    const now = performance.now();
    this.#pings.push({ way: now - sent, offset: time - (now + sent) / 2000 });
    if (this.#pings.length > KEPT) this.#pings.shift();
    this.offset = this.#pings.reduce((a, b) => (b.way < a.way ? b : a)).offset;
  }
}
