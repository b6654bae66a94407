// The menu on messages: SimCord's page has none for the commands that an app adds to it.

import { el } from "./elements.js";

let menu = null;
let opener = null;

function close() {
  menu?.remove();
  menu = null;
  opener?.setAttribute("aria-expanded", "false");
  opener?.focus();
  opener = null;
}

function open(button, choose) {
  const again = button === opener;
  close();
  if (again) return;
  opener = button;
  button.setAttribute("aria-expanded", "true");
  const item = el("button", { type: "button", textContent: "Restyle this" });
  item.setAttribute("role", "menuitem");
  item.addEventListener("click", () => {
    const message = button.closest("[data-message-id]")?.dataset.messageId;
    close();
    choose(message);
  });
  menu = el("div", { className: "demo-menu" }, el("p", { textContent: "Apps" }), item);
  menu.setAttribute("role", "menu");
  document.body.append(menu);
  const box = button.getBoundingClientRect();
  menu.style.top = `${Math.min(box.bottom + 4, innerHeight - menu.offsetHeight - 8)}px`;
  menu.style.left = `${Math.max(8, box.right - menu.offsetWidth)}px`;
  item.focus();
}

document.addEventListener("pointerdown", (event) => {
  if (menu && event.target instanceof Element && !event.target.closest(".demo-menu, .demo-more")) close();
}, true);
document.addEventListener("keydown", (event) => {
  if (!menu || !["Escape", "Tab"].includes(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  close();
}, true);

/** Give every message a menu.
 * @param {(message: string) => void} choose Called with the id of the message to restyle.
 */
export function createMenus(choose) {
  const list = document.getElementById("channel-message-list");
  function add() {
    for (const message of list.querySelectorAll("[data-message-id]:not(:has(.demo-more, .message-ephemeral-note))")) {
      let bar = message.querySelector(".message-context-actions");
      if (!bar) {
        bar = el("div", { className: "message-context-actions" });
        message.append(bar);
      }
      const more = el("button", { type: "button", className: "message-action-button demo-more", textContent: "⋯", ariaLabel: "More: apps" });
      more.setAttribute("aria-haspopup", "menu");
      more.setAttribute("aria-expanded", "false");
      more.addEventListener("click", () => open(more, choose));
      bar.append(more);
    }
  }
  new MutationObserver(add).observe(list, { childList: true, subtree: true });
  list.addEventListener("contextmenu", (event) => {
    if (!(event.target instanceof Element) || event.target.closest("a, video, img, input")) return;
    const more = event.target.closest("[data-message-id]")?.querySelector(".demo-more");
    if (!more) return;
    event.preventDefault();
    open(more, choose);
  });
  add();
}
