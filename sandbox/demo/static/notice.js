// What stands over the whole page when there is nothing to see on it.

import { el } from "./elements.js";

const code = (text) => el("code", { textContent: text });

const NOTICES = {
  locked: {
    title: "Open the address with its key",
    body: () => [
      el("p", {}, "This page belongs to a demo of Restyle that runs on your machine. It opens only with the whole address, key included:"),
      el("ol", {},
        el("li", {}, "Look at the terminal in which ", code("make demo"), " runs."),
        el("li", {}, "Find the line that begins with ", code("Open http://127.0.0.1:"), "."),
        el("li", {}, "Open that address: all of it, with what stands behind the ", code("#"), "."),
      ),
      el("p", {}, "Each start has a new key. An address of an earlier start opens nothing any more."),
    ],
  },
  ended: {
    title: "The demo has ended",
    body: () => [
      el("p", {}, "Its program has stopped, and left nothing behind."),
      el("p", {}, "To go on, run ", code("make demo"), " in a terminal and open the address that it prints."),
    ],
  },
};

let shown = null;

/** Show a notice instead of the page, or with null the page again. */
export function notice(name) {
  if (shown?.dataset.notice === (name ?? undefined)) return;
  shown?.remove();
  shown = null;
  document.getElementById("preview-shell").inert = Boolean(name);
  if (!name) return;
  const { title, body } = NOTICES[name];
  shown = el("main", { className: "demo-over", tabIndex: -1 },
    el("article", {}, el("img", { src: ICON, alt: "" }), el("h1", { textContent: title }), ...body()));
  shown.dataset.notice = name;
  shown.setAttribute("role", "alert");
  document.body.append(shown);
  shown.focus();
}

// The picture is here while the program is not.
const ICON = `data:image/svg+xml,${encodeURIComponent(await (await fetch("/demo/static/icon.svg")).text())}`;
