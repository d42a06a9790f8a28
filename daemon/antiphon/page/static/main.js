// Puts the page together, and decides nothing: what comes in goes to those who show it or let it sound.

import { Absent } from "./absent.js";
import { ACTS, WAYS } from "./groups.js";
import { Curve } from "./curve.js";
import { Keys } from "./keys.js";
import { connectMidi, hex } from "./midi.js";
import { Notices, otherPages } from "./notices.js";
import { Panel, make } from "./panel.js";
import { PortList } from "./ports.js";
import { Pulse } from "./pulse.js";
import { Roll } from "./roll.js";
import { Score } from "./score.js";
import { Sound } from "./sound.js";
import { Stream } from "./stream.js";
import { Takes } from "./takes.js";
import { Typing } from "./typing.js";

const ECHO_S = 1;
const SCENE = "scene "; // what the name of an act begins with that calls for one
const $ = (id) => document.getElementById(id);

const stream = new Stream(`ws://${location.host}/ws`);
const score = new Score();
const curve = new Curve();
const pulse = new Pulse();
const roll = new Roll($("roll"), score, curve, () => stream.now());
const sound = new Sound(stream);
const notices = new Notices($("notices"));
const absent = new Absent(notices, turn);
const ports = new PortList($("ports"), (connect) => stream.say({ connect }));
const takes = new Takes($("takes"), sound, (why) => notices.say(why));
const panel = new Panel($("groups"), (change) => stream.say({ change }), (learn) => stream.say({ learn }));
const mine = []; // what was played here and has not come back yet: [hex, ms]
const sounding = new Map();

// --- playing

function play(message) {
  sound.start().then((running) => running && notices.end("silent"));
  $("welcome").hidden = true;
  localStorage.setItem("antiphon-visited", "yes");
  sound.play(message, "you");
  if (stream.say({ play: message })) mine.push([message, performance.now()]);
}

const pressed = new Map(); // by pitch: by how many keys and fingers
const press = (pitch, velocity) => {
  pressed.set(pitch, (pressed.get(pitch) ?? 0) + 1);
  play(hex([0x90, pitch, velocity]));
  keys.light(pitch, false, true);
};
const release = (pitch) => {
  const left = (pressed.get(pitch) ?? 1) - 1;
  if (left > 0) return void pressed.set(pitch, left);
  pressed.delete(pitch);
  play(hex([0x80, pitch, 64]));
  keys.light(pitch, false, false);
};
const pedal = (down) => {
  $("pedal").setAttribute("aria-pressed", down);
  play(hex([0xb0, 64, down ? 127 : 0]));
};
const panic = () => {
  stream.say({ act: "panic" });
  if (sound.running) sound.silence();
  typing.letGo();
  takes.stop();
  keys.dark();
  score.silence(stream.now());
  notices.say("Silenced.");
};

const keys = new Keys($("keys"), press, release);
const typing = new Typing({ press, release, pedal, panic, moved: label });

function label() {
  keys.label(matchMedia("(pointer: coarse)").matches && innerWidth < 560 ? new Map() : typing.letters, typing.first);
  $("octave").textContent = Keys.name(typing.first);
}

$("octave-down").addEventListener("click", () => typing.move(-1));
$("octave-up").addEventListener("click", () => typing.move(1));
$("pedal").addEventListener("click", () => pedal($("pedal").getAttribute("aria-pressed") !== "true"));
$("panic").addEventListener("click", panic);
$("reload").addEventListener("click", () => stream.say({ reload: true }) && notices.say("The configuration is being read again."));
connectMidi($("midi"), play);

// --- what comes from the daemon

let heardTurn = "";
function turn(word) {
  if (word === heardTurn) return;
  heardTurn = word;
  Object.assign($("turn"), { textContent: word }).dataset.turn = word;
}

function flash(light) {
  $(light).classList.add("on");
  clearTimeout($(light).timer);
  $(light).timer = setTimeout(() => $(light).classList.remove("on"), 120);
}

// Whether a message is one that was played here: it sounds already.
function echoed(message) {
  const late = performance.now() - ECHO_S * 1000;
  while (mine.length && mine[0][1] < late) mine.shift();
  const at = mine.findIndex(([sent]) => sent === message);
  if (at >= 0) mine.splice(at, 1);
  return at >= 0;
}

stream
  .on("open", (open, why) => {
    absent.forget();
    notices.state("gone", open ? "" : why || "The daemon has gone. As soon as it is there again, this page goes on by itself.");
    if (!open) {
      turn("gone");
      score.silence(stream.now());
      if (sound.running) sound.silence();
      keys.dark();
    } else load().catch(() => {}); // a daemon that has gone again: the next connection asks anew
  })
  .on("snapshot", (snapshot) => {
    if (stream.offset === null) stream.offset = snapshot.time - performance.now() / 1000;
    score.show(snapshot);
    curve.take(snapshot.played);
    surprise();
    turn(snapshot.turn);
    pulse.take(snapshot);
    beat();
  })
  .on("orders", (orders) => {
    sound.order(orders);
    if (orders.length) flash("light-out");
  })
  .on("revoke", (after) => sound.revoke(after))
  .on("heard", (heard) => {
    for (const [time, message] of heard) {
      score.message(time, message, false);
      if (!echoed(message)) sound.play(message, "you");
    }
    flash("light-in");
  })
  .on("state", state)
  .on("refused", (why) => {
    notices.say(why);
    panel.show(known.values ?? {});
  });

function beat() {
  const { said, bars } = pulse;
  if ($("tempo").textContent !== said) $("tempo").textContent = said;
  roll.bars = bars;
}

function surprise() {
  for (const side of ["you", "it"]) {
    const nats = curve.now(side)?.toFixed(1) ?? "–", said = $(`surprise-${side}`);
    if (nats !== "–") $("surprise").hidden = false;
    if (said.textContent !== nats) said.textContent = nats;
  }
}

let known = {};
function state(now) {
  known = now;
  panel.show(now.values ?? {});
  panel.learn(now.learning ?? "");
  showControls(now.controls ?? [], now.learning, now.written ?? {});
  for (const button of $("ways").children) button.setAttribute("aria-pressed", button.value === now.values?.mode);
  pulse.turn(now.values ?? {});
  beat();
  $("model").textContent = now.model || "–";
  ports.show(now.offered, now.wanted, now.ports);
  const listed = (names) => (names?.length ? names.join(", ") : "this page");
  for (const way of ["in", "out"]) {
    $(`ports-${way}`).textContent = listed(now.ports?.[way]);
    $(`ports-${way}`).title = listed(now.ports?.[way]);
  }
  absent.midi(now);
  for (const button of $("models").querySelectorAll("button")) button.setAttribute("aria-pressed", button.value === now.model);
  absent.model(now.model);
}

// The keys light up with what sounds, and the room is told by the light when it plays.
setInterval(() => {
  const now = stream.now();
  for (const [name, note] of sounding) {
    if (note.end === null || note.end > now) continue;
    keys.light(note.pitch, note.own, false);
    sounding.delete(name);
  }
  for (const note of score.sounding) {
    if (note.start > now) continue;
    sounding.set(`${note.pitch} ${note.own}`, note);
    keys.light(note.pitch, note.own, true);
  }
}, 33);

// What controllers do, each to be forgotten again; of those in the configuration (written: where), until the next start.
function showControls(controls, learning, written) {
  $("controls").hidden = !controls.length && !learning;
  $("learning").textContent = learning ? `Move the knob or strike the pad that is to do “${learning}”.` : "";
  $("controls").querySelector("ul").replaceChildren(...controls.map((control) => {
    const forget = make("button", { type: "button", textContent: "Forget" });
    forget.setAttribute("aria-label", `Forget ${control}`);
    forget.addEventListener("click", () => stream.say({ unlearn: control }) && control in written
      && notices.say(`${control}: gone until the next start, for it is in the configuration (${written[control]}).`));
    return make("li", {}, make("span", { textContent: control }), forget);
  }));
}

// --- the rest

async function load() {
  const answer = await fetch("/api/parameters");
  if (!answer.ok) return notices.say(await answer.text());
  const declared = await answer.json();
  panel.build(declared);
  const mode = declared.find(({ name }) => name === "mode");
  $("ways").replaceChildren(...(mode?.choices ?? []).map(way));
  $("acts").replaceChildren(...Object.entries(ACTS).map(([name, [text, title]]) => act(name, text, title)));
  state(known);
  const { paths } = await (await fetch("/api/openapi.json")).json();
  const { enum: acts } = paths["/api/acts/{name}"].post.parameters[0].schema;
  const scenes = acts.filter((name) => name.startsWith(SCENE)).map((name) => act(name, name.slice(SCENE.length), "Play this scene"));
  $("scenes").querySelector("div").replaceChildren(...scenes);
  $("scenes").hidden = !scenes.length;
  if ("/api/takes" in paths) takes.show();
  await showModels();
}

// The models that are installed now; more may come while the page is open.
async function showModels() {
  const answer = await fetch("/api/models");
  if (!answer.ok) return;
  const buttons = (await answer.json()).map(({ name, data, licence }) => {
    const button = make("button", { type: "button", value: name, textContent: name });
    button.title = `Play with this model. It learned from ${data.join(", ") || "what it does not say"}; licence: ${licence}`;
    button.setAttribute("aria-pressed", name === known.model);
    button.addEventListener("click", () => name !== known.model && stream.say({ model: name }) && notices.say(`${name} plays as soon as it is loaded.`));
    return button;
  });
  $("models").querySelector("div").replaceChildren(...buttons);
  $("models").hidden = buttons.length < 2;
}

function way(name) {
  const button = make("button", { type: "button", value: name }, make("b", { textContent: name }), make("small", { textContent: WAYS[name] ?? "" }));
  button.setAttribute("aria-pressed", known.values?.mode === name);
  button.addEventListener("click", () => stream.say({ change: { mode: name } }));
  return button;
}

function act(name, text, title) {
  const button = make("button", { type: "button", textContent: text, title });
  button.addEventListener("click", () => stream.say({ act: name }));
  return button;
}

function openPanel(open) {
  $("panel").hidden = !open;
  document.body.classList.toggle("with-panel", open);
  $("open-panel").setAttribute("aria-expanded", open);
  if (open && !$("takes").hidden) takes.show();
  if (open && stream.open) showModels().catch(() => {});
  localStorage.setItem("antiphon-panel", open ? "open" : "");
  (open ? $("close-panel") : $("open-panel")).focus({ preventScroll: true });
}
$("open-panel").addEventListener("click", () => openPanel($("panel").hidden));
$("close-panel").addEventListener("click", () => openPanel(false));

$("volume").value = localStorage.getItem("antiphon-volume") ?? 0.8;
sound.loudness = Number($("volume").value);
$("volume").addEventListener("input", ({ target }) => {
  sound.loudness = Number(target.value);
  localStorage.setItem("antiphon-volume", target.value);
});

const touched = () => sound.start().then((running) => running && notices.end("silent"));
for (const name of ["pointerdown", "keydown"]) addEventListener(name, touched);
$("begin").addEventListener("click", () => (($("welcome").hidden = true), $("keys").focus()));
if (localStorage.getItem("antiphon-visited")) notices.state("silent", "Touch a key, or click anywhere, to hear it.");
else $("welcome").hidden = false;

otherPages(notices);
label();
stream.connect();
globalThis.antiphon = { stream, score, roll, curve, sound, pulse, state }; // for those who look behind the page
