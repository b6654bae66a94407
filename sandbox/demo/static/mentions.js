// People and channels by their names in direct messages, where SimCord knows only those of a server.

import { el } from "./elements.js";

const MENTION = /<(@|#)!?(\d+)>/g;

/** Let mentions be read.
 * @param {() => Map<string, string>} names Returns everybody's and every channel's name, by id.
 */
export function createMentions(names) {
  const list = document.getElementById("channel-message-list");
  function read() {
    const known = names();
    const walker = document.createTreeWalker(list, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) if (walker.currentNode.data.search(MENTION) >= 0) found.push(walker.currentNode);
    for (const text of found) {
      text.replaceWith(...text.data.split(/(<[@#]!?\d+>)/).map((part) => {
        const [, sign, id] = [...part.matchAll(MENTION)][0] ?? [];
        return known.has(id) ? el("span", { className: "demo-mention", textContent: sign + known.get(id) }) : part;
      }));
    }
  }
  new MutationObserver(read).observe(list, { childList: true, subtree: true });
  read();
}
