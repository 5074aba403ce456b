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
