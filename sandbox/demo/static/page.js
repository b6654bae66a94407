// The demo's page around SimCord's: who one is, where, the tour, and one press that tries it.

import { AnswerError, ask, el, memory, status, token } from "./elements.js";
import { tendForms } from "./forms.js";
import { createMentions } from "./mentions.js";
import { createMenus } from "./menu.js";
import { notice } from "./notice.js";
import { createPlaces } from "./places.js";
import { offerSample } from "./sample.js";
import { createTour } from "./tour.js";

const WATCH_MS = 500;
const FAILURES = 3; // in a row, after which the program is gone

const known = new Set();
let state = null;
let session = 0;
let failures = 0;
let hasReturned = false; // to where the tab was before it was loaded again
let busy = false;
let seen = "";
let sticks = true; // the end stays in sight while pictures find their size and messages come

const timeline = document.getElementById("channel-timeline");
const trouble = el("p", { className: "demo-trouble", hidden: true, role: "alert" });
const looks = el("select", { className: "demo-look", ariaLabel: "Look" });
const tryButton = el("button", { type: "button", className: "demo-try", textContent: "Try it", title: "Restyle the sample clip in this look" });
const drawer = el("button", { type: "button", className: "demo-open", ariaLabel: "Channels", textContent: "☰" });
drawer.setAttribute("aria-expanded", "false");

const places = createPlaces((person, channel) => act(ask("/demo/go", { person, channel })));
const tour = createTour(act);
const sidebar = el("div", { className: "demo-sidebar", id: "demo-sidebar" }, places.heading, places.lists,
  el("p", { className: "demo-small" }, "A simulation: no account, no internet, nothing is paid for."));
drawer.setAttribute("aria-controls", sidebar.id);

const workspace = document.getElementById("preview-workspace");
workspace.prepend(sidebar);
workspace.append(tour.panel);
document.getElementById("toolbar").prepend(
  drawer,
  el("p", { className: "demo-notice" },
    el("strong", { textContent: "This is a simulation" }),
    el("span", { textContent: " of Discord on your machine. No account, no internet, nothing is paid for." })),
  places.picker,
  el("div", { className: "demo-trying" }, looks, tryButton),
  tour.toggle,
);
document.body.append(trouble);

function tell(error) {
  trouble.textContent = error ? String(error.message || error) : "";
  trouble.hidden = !error;
}

/** Wait for what the person wants, one thing at a time, and show where it leads; tell whether it did. */
async function act(asked) {
  if (busy) { asked.catch(() => {}); return false; }
  setBusy(true);
  try {
    show(await asked);
    for (const place of places.places()) known.add(place.id); // nothing is to be followed
    openDrawer(false);
    tell(null);
    toLatest();
    return true;
  } catch (error) {
    tell(error);
    return false;
  } finally { setBusy(false); }
}

function setBusy(isBusy) {
  busy = isBusy;
  document.body.classList.toggle("demo-busy", isBusy);
  for (const button of [tryButton, ...tour.buttons()]) button.disabled = isBusy;
}

function openDrawer(isOpen) {
  document.body.classList.toggle("demo-drawer", isOpen);
  drawer.setAttribute("aria-expanded", String(isOpen));
}

function show(next) {
  const before = JSON.stringify(state);
  state = next;
  if (session && session !== state.session) location.reload();
  session = state.session;
  if (hasReturned) memory.write("here", state.here);
  if (before === JSON.stringify(state)) return;
  places.show(state);
  tour.show(state);
  if (!looks.childElementCount) looks.append(...state.prompts.map((name) => el("option", { textContent: name })));
}

/** Nothing is being written that a change of channel would take away. */
function idle() {
  const text = document.getElementById("channel-composer-input")?.value.trim();
  return !busy && !text && !status().commandPicker?.draft && !status().modalHandle && !status().pendingAction;
}

/** Show the end of the conversation, as Discord does, until the person looks elsewhere in it. */
function toLatest() {
  sticks = true;
  timeline.scrollTop = timeline.scrollHeight;
}

/** Whatever the person just did, its result is in sight. */
function keepUp() {
  const { lastAction } = status();
  const now = JSON.stringify([state.here, lastAction?.command ? lastAction.requestId : null]);
  if (now !== seen) toLatest();
  seen = now;
}

/** Go into a thread that opens where the person is. */
async function follow() {
  const mine = places.places();
  const first = known.size === 0;
  const fresh = mine.filter((place) => place.kind === "thread" && !known.has(place.id));
  if (first) { for (const place of mine) known.add(place.id); return; }
  if (!fresh.length || !idle()) return;
  for (const place of fresh) known.add(place.id);
  const here = mine.findIndex((place) => place.id === state.here.channel);
  const newest = mine.indexOf(fresh.at(-1));
  const parent = mine.slice(0, newest).findLastIndex((place) => place.kind !== "thread");
  if (here === parent) await act(ask("/demo/go", { person: state.here.person, channel: fresh.at(-1).id }));
}

/** Once there is a page to move, be where the tab was before. */
async function goBack() {
  const here = memory.read("here", null);
  hasReturned = true;
  if (here) await act(ask("/demo/go", here));
}

async function watch() {
  setTimeout(watch, WATCH_MS);
  if (busy) return;
  let next;
  try { next = await ask("/demo/state"); } catch (error) { miss(error); return; }
  failures = 0;
  notice(null);
  if (busy) return; // what it leads to comes with its own answer
  show(next);
  if (!hasReturned && status().contextId) await goBack();
  if (hasReturned) { await follow(); keepUp(); }
}

/** Take note that the program did not answer, or not to this key. */
function miss(error) {
  failures += 1;
  if (error instanceof AnswerError && error.code === 401) notice("locked");
  else if (failures >= FAILURES) notice("ended");
}

tryButton.addEventListener("click", () => act(ask("/demo/try", { look: looks.value })));
drawer.addEventListener("click", () => openDrawer(!document.body.classList.contains("demo-drawer")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (document.body.classList.contains("demo-drawer")) { openDrawer(false); drawer.focus(); }
  else if (tour.isOpen() && tour.isOver()) { tour.close(); tour.toggle.focus(); }
  tell(null);
});
document.addEventListener("pointerdown", (event) => {
  if (event.target instanceof Element && !event.target.closest(".demo-sidebar, .demo-open")) openDrawer(false);
});
new ResizeObserver(() => { if (sticks) toLatest(); }).observe(document.getElementById("channel-message-list"));
for (const moved of ["wheel", "touchmove", "keydown", "pointerdown"]) {
  timeline.addEventListener(moved, () => { sticks = false; }, { passive: true });
}
offerSample();
tendForms();
createMentions(() => new Map((state?.people ?? []).flatMap((person) =>
  [[person.id, person.name], ...person.places.map((place) => [place.id, place.name])])));
createMenus((message) => act(ask("/demo/menu", { message })));

// Links to messages lead to discord.com; here they lead to the channel of the same id. A thread has
// the id of the message it grows out of.
document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element)) return;
  const link = event.target.closest("a[href]")?.href ?? "";
  const thread = event.target.closest(".thread-summary")?.closest("[data-message-id]");
  const channel = thread?.dataset.messageId
    ?? link.match(/^https:\/\/(?:\w+\.)?discord\.com\/channels\/(?:@me|\d+)\/(\d+)/)?.[1];
  if (!channel) return;
  event.preventDefault();
  event.stopPropagation();
  act(ask("/demo/go", { person: state.here.person, channel }));
}, true);

// Whoever types a command and Enter faster than the page has fetched the commands means the command.
document.addEventListener("keydown", (event) => {
  const input = document.getElementById("channel-composer-input");
  const isLoading = () => status().commandPicker?.catalog.state === "loading";
  if (event.key !== "Enter" || event.target !== input || !input.value.startsWith("/") || !isLoading()) return;
  event.preventDefault();
  event.stopPropagation();
  const retry = () => {
    if (isLoading()) setTimeout(retry, 50);
    else input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  };
  retry();
}, true);

// A command that a message names is typed by a press on it.
document.addEventListener("click", ({ target }) => {
  const named = target instanceof Element && target.closest(".command-mention");
  const input = document.getElementById("channel-composer-input");
  if (!named || !input) return;
  input.value = named.textContent.trim();
  input.focus();
  input.dispatchEvent(new Event("input", { bubbles: true }));
});

// A command that needs nothing is sent by the second Enter; what may be added is taken only when chosen.
let hasChosen = false;
document.addEventListener("keydown", ({ key, target }) => {
  if (!(target instanceof Element) || !target.matches(".command-chip")) { hasChosen = false; return; }
  if (key.startsWith("Arrow")) hasChosen = true;
  const offered = document.querySelector(".command-popup");
  if (key === "Enter" && !hasChosen && offered) offered.hidden = true;
}, true);

// Escape leaves a command that is being filled in, once no list of choices is open any more.
document.addEventListener("keydown", (event) => {
  const leave = document.querySelector(".command-context-close");
  if (event.key !== "Escape" || !leave || document.querySelector(".command-popup:not([hidden])")) return;
  event.preventDefault();
  event.stopPropagation();
  leave.click();
}, true);

if (token) watch(); else notice("locked");
