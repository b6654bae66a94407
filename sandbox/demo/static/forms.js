// A form that opens has the keyboard in its first field, as at Discord; SimCord gives it to the cross.

const FIELDS = "textarea, input, .select-trigger";

/** Begin to look after the forms. */
export function tendForms() {
  const root = document.getElementById("modal-root");
  root.addEventListener("focusin", ({ target, relatedTarget }) => {
    if (root.contains(relatedTarget) || !target.closest(".modal-close")) return;
    const fields = [...root.querySelectorAll(FIELDS)];
    fields.find((field) => field.checkVisibility() && !field.disabled)?.focus();
  });
}
