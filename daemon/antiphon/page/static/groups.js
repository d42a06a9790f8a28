// How a musician looks for what can be turned. What is declared and stands nowhere here is found under "More".

export const GROUPS = [
  ["Taking turns", ["turn", "pause", "patience", "turn_pedal", "reply", "reply_shortest", "reply_longest", "reply_beats", "reply_seconds", "yield_within", "role", "go_on", "longest_rest", "company"]],
  ["Time", ["tempo", "clock", "send_clock", "beats", "bars", "enter", "quantise", "grid", "swing"]],
  ["Harmony", ["lock", "lock_strength", "tonality", "consonance", "chord_below", "chord_channel", "chord_latch"]],
  ["Range and density", ["register", "lowest", "highest", "density", "density_follow", "liveliness", "polyphony"]],
  ["Touch", ["velocity_offset", "velocity_follow", "longest_note", "pedal"]],
  ["Keyboards and channels", ["channel", "lead_channel", "accompaniment_channel", "second_channel", "transpose_in", "transpose_out"]],
  ["Character", ["temperature", "time_temperature", "velocity_temperature", "top_p", "memory", "seed"]],
];

export const ACTS = {
  hold: ["Hold", "It plays nothing until you say resume"],
  resume: ["Resume", "It may play again"],
  again: ["Again", "The last answer once more"],
  another: ["Another", "Another answer to the same phrase"],
  tap: ["Tap", "A beat is now: two taps and more are a tempo"],
  forget: ["Forget", "Your last phrase was not"],
  "forget-all": ["Forget all", "Nothing has been"],
};

export const WAYS = {
  reply: "answers when you pause",
  duet: "plays with you",
  harmony: "a chord to each note",
  solo: "plays alone",
  trade: "bars in turn",
  listen: "only listens",
};

const WORDS = { top_p: "likeliest share", go_on: "goes on after you", yield_within: "notes ring on", bars: "bars each", beats: "beats in a bar" };

export const worded = (name) => WORDS[name] ?? name.replaceAll("_", " ");
