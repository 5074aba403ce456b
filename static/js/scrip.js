/* What pages do better with scripts; each works without. One listener per kind of thing, on the document. */
"use strict";

document.documentElement.classList.add("scripted");

/* "/" goes to the page's search field, as in every list people know. */
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = document.querySelector("[data-search]");
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
});

/* A form marked data-instant is sent when a choice in it changes, without its button. */
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.matches("[data-instant]") && event.target.matches("select, [type=checkbox], [type=radio], [type=date]")) {
    form.requestSubmit();
  }
});

/* A button marked data-print prints the page. */
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

/* A link marked data-copy is copied instead of followed; the mark's text says that it was. */
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-copy]");
  if (!link || !navigator.clipboard || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const label = link.querySelector("span");
  navigator.clipboard.writeText(link.href).then(
    () => { label.setAttribute("role", "status"); label.textContent = link.dataset.copy; },
    () => { location.href = link.href; },
  );
});

/* After a live answer a field is invalid for assistive technology as long as its note names a problem. */
document.addEventListener("htmx:afterSettle", () => {
  for (const field of document.querySelectorAll("input[aria-describedby]")) {
    const note = document.getElementById(field.getAttribute("aria-describedby"));
    if (note?.id.endsWith("-note")) field.setAttribute("aria-invalid", note.querySelector(".problem") ? "true" : "false");
  }
});

/* A link marked data-unfold shows what it leads to in the row with that id, under its own. */
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-unfold]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const row = document.getElementById(link.dataset.unfold);
  const cell = row.firstElementChild;
  if (!cell.hasChildNodes()) {
    const answer = await fetch(link.href, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return location.assign(link.href);
    cell.innerHTML = await answer.text();
  }
  row.hidden = !row.hidden;
  link.setAttribute("aria-expanded", String(!row.hidden));
  link.closest("tr").classList.toggle("opened", !row.hidden);
});
document.addEventListener("htmx:load", (event) => {
  for (const link of event.detail.elt.querySelectorAll("a[data-unfold]:not([aria-expanded])")) {
    link.setAttribute("aria-expanded", "false");
  }
});

/* What is marked data-when="name=value" belongs to that choice in its form, and shows with it. */
const showWhen = (root) => {
  for (const part of root.querySelectorAll("[data-when]")) {
    const [name, wanted] = part.dataset.when.split("=");
    const form = part.closest("form");
    const field = form?.elements[name];
    if (field) part.hidden = (field.value ?? "") !== wanted;
  }
};
document.addEventListener("change", (event) => { if (event.target.form) showWhen(event.target.form); });
document.addEventListener("DOMContentLoaded", () => showWhen(document));

/* A box marked data-all checks or clears all others of the name it carries. */
document.addEventListener("change", (event) => {
  const name = event.target.dataset?.all;
  if (!name) return;
  for (const box of document.querySelectorAll(`input[type="checkbox"][name="${name}"]`)) box.checked = event.target.checked;
});
