/** One form's answers: reading them, and finding what is missing. No network, no screens. */
import { fromWall } from "./times.js";

/** `person.given_name` goes into a nested object. */
function put(target, path, value) {
  const names = path.split(".");
  const last = names.pop();
  const holder = names.reduce((inner, name) => (inner[name] ??= {}), target);
  holder[last] = value;
}

function read(field) {
  const text = field.value.trim();
  if (field.type === "radio") return { true: true, false: false }[text] ?? (text || null);
  if (field.dataset.kind === "true") return true;
  if (!text) return null;
  if (field.dataset.kind === "number") return Number(text.replace(",", "."));
  if (field.dataset.kind === "codes") return text.split(/[,;]+/).map((code) => code.trim()).filter(Boolean);
  if (field.dataset.kind === "time") return fromWall(text);
  return text;
}

/** The members of a referral; what was left empty is left out. */
export function answers(form) {
  const content = {};
  for (const field of form.elements) {
    if (!field.name || (["radio", "checkbox"].includes(field.type) && !field.checked)) continue;
    if (field.dataset.kind === "list") {
      (content[field.name] ??= []).push(field.value);
      continue;
    }
    if (field.closest("[hidden]")) continue;
    const value = read(field);
    if (value === null) continue;
    put(content, field.name === "person" ? "person_is" : field.name, value);
  }
  if (content.person_is === "none") content.person = null;
  if (content.person?.birth_date) delete content.person.age_band;
  delete content.person_is;
  return content;
}

/** What keeps this form from being saved: [{element, group, text}], in the order of the form. */
export function problems(form) {
  const list = [...form.querySelectorAll("fieldset[data-required]")]
    .filter((group) => !group.querySelector("input:checked"))
    .map((group) => ({ group, element: group.querySelector("input"), text: group.dataset.required }));
  const content = answers(form);
  const named = (name) => form.elements.namedItem(name);
  const given = form.querySelector('input[name="person"][value="given"]').checked;
  if (given && !content.person) {
    const element = named("person.given_name");
    list.push({ element, text: "Write a name or a description, or choose Not given." });
  }
  for (const field of form.elements) {
    if (!field.matches("input:invalid") || field.closest("[hidden]")) continue;
    list.push({ element: field, text: field.dataset.wrong || "Finish this answer or take it away." });
  }
  return list;
}

export function progress(form) {
  const groups = [...form.querySelectorAll("fieldset[data-required]")];
  const done = groups.filter((group) => group.querySelector("input:checked")).length;
  return { done, all: groups.length };
}

/** At the top and beside the answers. */
export function showProblems(form, heading, list) {
  clearProblems(form);
  const summary = form.querySelector(".summary");
  summary.querySelector(".summary-heading").textContent = heading;
  summary.querySelector(".summary-list").replaceChildren(...list.map((problem) => summaryLine(problem)));
  summary.hidden = false;
  for (const { element, group, text } of list) {
    const holder = group || element?.closest(".line-field");
    const error = holder?.querySelector(":scope > .error");
    if (!error) continue;
    holder.classList.add("wrong");
    error.textContent = text;
    error.hidden = false;
  }
  summary.focus();
  summary.scrollIntoView({ block: "center" });
}

function summaryLine({ element, group, text }) {
  const item = document.createElement("li");
  if (!element) {
    item.textContent = text;
    return item;
  }
  const link = document.createElement("a");
  link.href = `#${element.id || group?.id || ""}`;
  link.textContent = text;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    element.focus();
    (group || element).scrollIntoView({ block: "center" });
  });
  item.append(link);
  return item;
}

export function clearProblems(form) {
  form.querySelector(".summary").hidden = true;
  for (const group of form.querySelectorAll(".wrong")) group.classList.remove("wrong");
  for (const error of form.querySelectorAll(".error")) error.hidden = true;
}
