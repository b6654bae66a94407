// The sample clip beside every "Choose file" for a video, so that nothing has to be saved first.

import { el } from "./elements.js";

async function choose(input) {
  const response = await fetch("/demo/sample.mp4", { cache: "force-cache" });
  const [, name] = response.headers.get("Content-Disposition")?.match(/filename="([^"]+)"/) ?? [];
  const files = new DataTransfer();
  files.items.add(new File([await response.blob()], name ?? "sample.mp4", { type: "video/mp4" }));
  input.files = files.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Offer the sample wherever a command asks for a clip. */
export function offerSample() {
  const composer = document.getElementById("channel-composer");
  function offer() {
    for (const input of composer.querySelectorAll('.command-file-input[data-option="video"]')) {
      const button = input.parentElement.querySelector(".command-file-choose");
      if (!button || input.parentElement.querySelector(".demo-sample, .command-file-remove")) continue;
      const sample = el("button", { type: "button", className: "command-file-choose demo-sample", textContent: "Sample clip" });
      sample.addEventListener("click", () => choose(input));
      button.after(sample);
    }
  }
  // With a clip chosen, Enter sends the command instead of choosing once more.
  composer.addEventListener("change", (event) => {
    if (!event.target.matches(".command-file-input")) return;
    setTimeout(() => composer.querySelector(".command-chip")?.focus());
  }, true);
  new MutationObserver(offer).observe(composer, { childList: true, subtree: true });
}
