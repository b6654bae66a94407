// Who one is and where: the person, the channels and direct messages, and what is new in them.

import { el, memory } from "./elements.js";

const SIGNS = { text: "#", news: "📣", direct: "@" };
const GROUPS = [["Channels", ["text", "news", "thread"]], ["Direct messages", ["direct"]]];

/** Build the choice of the person and the list of places.
 * @param {(person: string, channel: string) => void} go Called with where the person wants to be.
 */
export function createPlaces(go) {
  let state = null;
  // By person and place, the newest message that was looked at; what is there at the start is no news.
  let seen = memory.read("seen", null);

  const title = el("span", { textContent: "…" });
  const people = el("select", { ariaLabel: "You are" });
  const picker = el("label", { className: "demo-person" }, el("span", { textContent: "You are" }), people);
  const lists = el("nav", { className: "demo-channels", ariaLabel: "Channels" });
  const heading = el("h1", {}, el("img", { src: "/demo/static/icon.svg", alt: "" }), title);
  people.addEventListener("change", () => go(people.value, state.here.channel));

  const me = () => state.people.find((person) => person.id === state.here.person);
  const isNew = (person, place) =>
    BigInt(place.newest) > BigInt(seen[`${person.id}:${place.id}`] ?? 0);
  const calls = (person) => person.places.some((place) => place.calls && isNew(person, place));

  function look() {
    seen ??= Object.fromEntries(state.people.flatMap((person) =>
      person.places.map((place) => [`${person.id}:${place.id}`, place.newest])));
    const here = me().places.find((place) => place.id === state.here.channel);
    if (here) seen[`${me().id}:${here.id}`] = here.newest;
    memory.write("seen", seen);
  }

  function entry(place) {
    const label = [el("span", { textContent: place.name })];
    if (SIGNS[place.kind]) label.unshift(el("span", { className: "demo-hash", textContent: SIGNS[place.kind], ariaHidden: "true" }));
    const fresh = isNew(me(), place);
    if (fresh) label.push(el("span", { className: "demo-new", textContent: "new" }));
    const button = el("button", { type: "button", title: place.name, className: fresh ? "is-new" : "" }, ...label);
    button.dataset.place = place.id;
    if (place.id === state.here.channel) button.setAttribute("aria-current", "page");
    button.addEventListener("click", () => go(state.here.person, place.id));
    return el("li", { className: `demo-${place.kind}` }, button);
  }

  /** Show what there is; the keyboard stays where it was. */
  function show(next) {
    state = next;
    look();
    title.textContent = state.server;
    const focused = document.activeElement?.dataset?.place;
    lists.replaceChildren(...GROUPS.flatMap(([name, kinds]) => [
      el("h2", { textContent: name }),
      el("ul", {}, ...me().places.filter((place) => kinds.includes(place.kind)).map(entry)),
    ]));
    if (focused) lists.querySelector(`[data-place="${focused}"]`)?.focus();
    if (people.childElementCount !== state.people.length) {
      people.replaceChildren(...state.people.map((person) => el("option", { value: person.id })));
    }
    state.people.forEach((person, index) => {
      const waits = person.id !== state.here.person && calls(person) ? " ● new" : "";
      people.options[index].textContent = `${person.name}, ${person.role}${waits}`;
    });
    people.value = state.here.person;
    picker.classList.toggle("is-new", state.people.some((person) => person.id !== state.here.person && calls(person)));
  }

  return { heading, lists, picker, show, places: () => me().places };
}
