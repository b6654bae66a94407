// The demo's sidebar: channels and threads, how to try it, and the following of new threads.

const token = location.hash.slice(1);
const known = new Set();
let session = 0;
let state = null;
let busy = false;
let seen = "";

const el = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

const status = () => window.simcordPreview ?? {};

async function ask(path, body) {
  const headers = { "X-Simcord-Capability": token };
  if (status().contextId) headers["X-Simcord-Context"] = status().contextId;
  const response = await fetch(path, {
    method: body ? "POST" : "GET",
    headers,
    cache: "no-store",
    body: body ? JSON.stringify({ ...body, context: status().contextId, viewer: status().viewerId }) : undefined,
  });
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

const title = el("span", { textContent: "…" });
const homeList = el("ul");
const threadList = el("ul", { className: "demo-threads" });
const looks = el("div", { className: "demo-looks", role: "radiogroup", ariaLabel: "Look" });
const trouble = el("p", { className: "demo-trouble", hidden: true, role: "alert" });
const tryButton = el("button", { type: "button", className: "demo-try", textContent: "Try it with the sample clip" });
const sampleLink = el("a", { href: "/demo/sample.mp4", download: "", textContent: "sample clip" });
const command = el("code", { textContent: "/restyle" });
const settings = el("code", { textContent: "/restyle-settings" });

const sidebar = el("aside", { className: "demo-sidebar", ariaLabel: "Channels and help" },
  el("h1", {}, el("img", { src: "/demo/static/icon.svg", alt: "" }), title),
  el("nav", { className: "demo-channels", ariaLabel: "Channels" },
    el("h2", { textContent: "Text channels" }), homeList, threadList),
  el("section", { className: "demo-how" },
    el("h2", { textContent: "Try it" }),
    el("ol", {},
      el("li", {}, "Save the ", sampleLink, ", or take a clip of yours."),
      el("li", {}, "Type ", command, " below, choose the clip, describe a look, press Enter."),
      el("li", {}, "View as Sam, a moderator, for ", settings, "."),
    ),
    el("p", { textContent: "Or just press:" }),
    tryButton, looks, trouble,
  ),
);
document.getElementById("preview-workspace").prepend(sidebar);
document.getElementById("toolbar").prepend(
  el("p", { className: "demo-notice" },
    el("strong", { textContent: "This is a simulation" }),
    el("span", { textContent: " of Discord on your machine. No account, no internet, nothing is paid for." })),
);

function tell(error) {
  trouble.textContent = error ? String(error.message || error) : "";
  trouble.hidden = !error;
}

async function go(channel) {
  try {
    show(await ask("/demo/go", { channel }));
    tell(null);
  } catch (error) { tell(error); }
}

function entry(channel, sign) {
  const here = state.here === channel.id;
  const button = el("button", { type: "button", title: channel.name },
    ...(sign ? [el("span", { className: "demo-hash", textContent: sign, ariaHidden: "true" })] : []),
    el("span", { textContent: channel.name }));
  if (here) button.setAttribute("aria-current", "page");
  button.addEventListener("click", () => go(channel.id));
  return el("li", {}, button);
}

function show(next) {
  const before = JSON.stringify(state);
  state = next;
  if (session && session !== state.session) location.reload();
  session = state.session;
  if (before === JSON.stringify(state)) return;
  title.textContent = state.server;
  homeList.replaceChildren(entry(state.home, "#"));
  threadList.replaceChildren(...state.threads.map((thread) => entry(thread, "")));
  if (!looks.childElementCount) {
    looks.append(...state.prompts.map((name, index) => el("label", {},
      el("input", { type: "radio", name: "look", value: name, checked: index === 0 }),
      el("span", { textContent: name }))));
  }
}

/** Nothing is being written that a change of channel would take away. */
function idle() {
  const text = document.getElementById("channel-composer-input")?.value.trim();
  return !text && !status().commandPicker?.draft && !status().modalHandle && !status().pendingAction;
}

/** Show the end of the conversation, as Discord does; pictures may take a moment to find their size. */
function toLatest() {
  const until = performance.now() + 1200;
  const step = () => {
    const timeline = document.getElementById("channel-timeline");
    timeline.scrollTop = timeline.scrollHeight;
    if (performance.now() < until) setTimeout(step, 80);
  };
  step();
}

/** Whatever the person just did, its result is in sight. */
function keepUp() {
  const { viewerId, lastAction } = status();
  const now = JSON.stringify([state.here, viewerId, lastAction?.command ? lastAction.requestId : null]);
  if (now !== seen) toLatest();
  seen = now;
}

async function follow() {
  const first = known.size === 0;
  const fresh = state.threads.filter((thread) => !known.has(thread.id));
  known.add(state.home.id);
  if (first) { for (const thread of fresh) known.add(thread.id); return; }
  if (!fresh.length || !idle()) return;
  for (const thread of fresh) known.add(thread.id);
  if (state.here === state.home.id) await go(fresh.at(-1).id);
}

async function watch() {
  try {
    show(await ask("/demo/state"));
    await follow();
    keepUp();
  } catch { /* the page itself says when the connection is lost */ }
  setTimeout(watch, 500);
}

tryButton.addEventListener("click", async () => {
  if (busy) return;
  busy = tryButton.disabled = true;
  try {
    const look = looks.querySelector("input:checked")?.value;
    if (state.here !== state.home.id) show(await ask("/demo/go", { channel: state.home.id }));
    show(await ask("/demo/try", { prompt: look }));
    tell(null);
  } catch (error) { tell(error); } finally { busy = tryButton.disabled = false; }
});

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
  go(channel);
}, true);

watch();
