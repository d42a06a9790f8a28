// What has been recorded: to be heard again, kept, or thrown away. Shown only where the daemon keeps takes.

import { make } from "./panel.js";

const WHERE = "/api/takes";

export async function showTakes(section, say) {
  const answer = await fetch(WHERE);
  section.hidden = !answer.ok;
  if (!answer.ok) return say((await answer.json()).refused);
  const takes = await answer.json();
  section.querySelector("ul").replaceChildren(...takes.map((take) => row(take, section, say)));
}

function row(take, section, say) {
  const place = `${WHERE}/${encodeURIComponent(take.name)}`;
  const ask = async (path, method) => {
    const answer = await fetch(path, { method });
    if (!answer.ok) say((await answer.json()).refused);
    await showTakes(section, say);
  };
  const button = (text, act) => {
    const made = make("button", { type: "button", textContent: text });
    made.setAttribute("aria-label", `${text} ${take.name}`);
    made.addEventListener("click", act);
    return made;
  };
  const download = make("a", { href: `${place}.mid`, download: `${take.name}.mid`, textContent: "Download" });
  const remove = button("Delete", () => confirm(`Delete the take ${take.name}?`) && ask(place, "DELETE"));
  return make("li", {}, make("span", { textContent: take.name }), button("Play", () => ask(`${place}/play`, "POST")), download, remove);
}
