// Making elements, and asking the demo's own server.

/** Make an element with properties and children. */
export function el(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** The key to the page: the part of its address behind the #. */
export const token = location.hash.slice(1);

/** What SimCord's page says about itself. */
export const status = () => window.simcordPreview ?? {};

/** An answer that is no success. */
export class AnswerError extends Error {
  constructor(code, text) {
    super(text);
    this.code = code;
  }
}

/** Ask the demo; with a body it is to do something. */
export async function ask(path, body) {
  const headers = { "X-Simcord-Capability": token };
  if (status().contextId) headers["X-Simcord-Context"] = status().contextId;
  const response = await fetch(path, {
    method: body ? "POST" : "GET",
    headers,
    cache: "no-store",
    body: body ? JSON.stringify({ ...body, context: status().contextId }) : undefined,
  });
  if (!response.ok) throw new AnswerError(response.status, await response.text());
  return response.json();
}

/** What this tab remembers over a reload, as JSON under a name. */
export const memory = {
  read(name, otherwise) {
    try { return JSON.parse(sessionStorage.getItem(`${token}:${name}`)) ?? otherwise; } catch { return otherwise; }
  },
  write(name, value) {
    try { sessionStorage.setItem(`${token}:${name}`, JSON.stringify(value)); } catch { /* then it forgets */ }
  },
};
