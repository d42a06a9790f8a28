// What the performer must know: states that last until they end, and words that pass.

import { make } from "./panel.js";

const PASSES_MS = 6000;

export class Notices {
  #lasting = new Map();

  constructor(element) {
    this.element = element;
  }

  // Say something that is so until `end` is called with the same name. Empty text ends it.
  state(name, text, why = "") {
    if (!text) return this.end(name);
    const before = this.#lasting.get(name);
    if (before) return void (before.textContent !== text && (before.textContent = text));
    const notice = make("p", { textContent: text, className: "lasting", title: why });
    notice.dataset.state = name;
    this.#lasting.set(name, notice);
    this.element.append(notice);
  }

  end(name) {
    this.#lasting.get(name)?.remove();
    this.#lasting.delete(name);
  }

  // Say something once.
  say(text) {
    const notice = make("p", { textContent: text });
    this.element.append(notice);
    setTimeout(() => notice.remove(), PASSES_MS);
  }
}

// Other pages of this browser say that they are there; two that sound at once are confusing.
export function otherPages(notices) {
  const channel = new BroadcastChannel("antiphon");
  const others = new Map(), me = crypto.randomUUID?.() ?? String(Math.random());
  const look = () => {
    const late = performance.now() - 5000;
    for (const [page, at] of others) if (at < late) others.delete(page);
    notices.state("other", others.size ? "Antiphon is open in another tab too: both play and both sound." : "");
  };
  channel.onmessage = ({ data: { page, leaving } }) => {
    if (leaving) others.delete(page);
    else {
      if (!others.has(page)) setTimeout(() => channel.postMessage({ page: me }), 50);
      others.set(page, performance.now());
    }
    look();
  };
  channel.postMessage({ page: me });
  setInterval(() => (channel.postMessage({ page: me }), look()), 2000);
  addEventListener("pagehide", () => channel.postMessage({ page: me, leaving: true }));
}
