/* Makes the filter bar easier to use; without it the bar is a plain form that works just the same. */

const form = document.querySelector("form.filters");
const chips = [...document.querySelectorAll("details[data-chip]")];
const OF_ONE_DATA_SET = ["kind", "offence_category", "status", "weekday", "hour_from", "hour_to", "exposure"];

/* One open group at a time; Escape closes it and gives the focus back. */
for (const chip of chips) {
  chip.addEventListener("toggle", () => {
    if (!chip.open) return;
    for (const other of chips) if (other !== chip) other.open = false;
    const pop = chip.querySelector(".pop");
    pop.classList.toggle("to-left", pop.getBoundingClientRect().right > document.documentElement.clientWidth);
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = chips.find((chip) => chip.open);
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

document.addEventListener("click", (event) => {
  for (const chip of chips) if (chip.open && !chip.contains(event.target)) chip.open = false;
});

/* What only the data set before knew is taken back when another set is chosen. */
form?.addEventListener("change", (event) => {
  if (event.target.name !== "dataset") return;
  for (const field of form.elements) {
    if (!OF_ONE_DATA_SET.includes(field.name)) continue;
    if (field.type === "checkbox" || field.type === "radio") field.checked = false;
    else field.value = "";
  }
});

/* Keep the address short: fields without a value are not sent. */
form?.addEventListener("submit", () => {
  for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
});
addEventListener("pageshow", () => {
  for (const field of form?.elements ?? []) field.disabled = false;
});

const useView = document.querySelector("[data-use-view]");
function offerView() {
  useView.hidden = false;
  useView.addEventListener("click", () => {
    document.querySelector("[data-bbox]").value = globalThis.leadMap.viewBox();
  });
}
if (useView) {
  if (globalThis.leadMap?.viewBox) offerView();
  else document.addEventListener("map-ready", offerView, { once: true });
}
