// A MIDI keyboard through the browser, where there is such a thing and the user allows it. That there is none is a
// state and no fault.

export async function connectMidi(button, hear) {
  if (!navigator.requestMIDIAccess) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      const access = await navigator.requestMIDIAccess();
      const listen = () => {
        const names = [];
        for (const input of access.inputs.values()) {
          names.push(input.name);
          input.onmidimessage = ({ data }) => data[0] < 0xf0 && hear(hex(data));
        }
        button.textContent = names.length ? names.join(", ") : "no MIDI keyboard found yet";
      };
      access.onstatechange = listen;
      listen();
    } catch (refusal) {
      button.textContent = refusal.name === "NotAllowedError" ? "MIDI not allowed" : "no MIDI here";
      button.title = "Antiphon plays without it; the keys below and your computer's keyboard always work.";
    }
  });
}

export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
