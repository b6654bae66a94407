// The tour: a step each with a button or some that play it.

import { ask, el, memory } from "./elements.js";

/** Build the tour.
 * @param {(played: Promise<object>) => Promise<boolean>} play Takes what is being played; tells whether it worked.
 */
export function createTour(play) {
  const done = new Set(memory.read("toured", []));
  const list = el("ol");
  const close = el("button", { type: "button", className: "demo-close", ariaLabel: "Close the tour", textContent: "×" });
  const panel = el("aside", { className: "demo-tour", id: "demo-tour", ariaLabel: "Tour" },
    el("header", {}, el("h2", { textContent: "Tour" }), close),
    el("p", {}, "Each button plays a scene with the real bot, and takes you there."),
    list,
    el("p", { className: "demo-own" }, "Or by yourself: type ", el("code", { textContent: "/restyle" }),
      " below and press Enter, choose the ", el("a", { href: "/demo/sample.mp4", download: "", textContent: "sample clip" }),
      " or one of yours, press Enter again, and describe a look."));
  const toggle = el("button", { type: "button", className: "demo-toggle", textContent: "Tour" });
  toggle.setAttribute("aria-controls", panel.id);

  function open(isOpen) {
    document.body.classList.toggle("demo-touring", isOpen);
    toggle.setAttribute("aria-expanded", String(isOpen));
    memory.write("touring", isOpen);
  }
  const isOpen = () => document.body.classList.contains("demo-touring");
  const isOver = () => getComputedStyle(panel).position === "fixed"; // it covers what it leads to
  toggle.addEventListener("click", () => { open(!isOpen()); if (isOpen() && isOver()) close.focus(); });
  close.addEventListener("click", () => { open(false); toggle.focus(); });
  open(memory.read("touring", matchMedia("(min-width: 1100px)").matches));

  function button(scene, label) {
    const made = el("button", { type: "button", textContent: label });
    made.dataset.scene = scene;
    made.addEventListener("click", async () => {
      if (!(await play(ask("/demo/play", { scene })))) return;
      done.add(scene);
      memory.write("toured", [...done]);
      mark();
      if (isOver()) open(false);
    });
    return made;
  }

  function mark() {
    for (const step of list.children) {
      const scenes = [...step.querySelectorAll("[data-scene]")];
      scenes.forEach((one) => one.classList.toggle("is-done", done.has(one.dataset.scene)));
      step.classList.toggle("is-done", scenes.every((one) => done.has(one.dataset.scene)));
    }
  }

  function show({ steps }) {
    if (list.childElementCount) return;
    list.append(...steps.map(({ title, text, scenes }) => el("li", {},
      el("h3", { textContent: title }), el("p", { textContent: text }),
      el("div", {}, ...scenes.map(([scene, label]) => button(scene, label))))));
    mark();
  }

  return { panel, toggle, show, isOpen, isOver, close: () => open(false), buttons: () => panel.querySelectorAll("[data-scene]") };
}
