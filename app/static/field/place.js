/** The Place field: a corner, an address, or "lat, lon". Nothing is chosen for the officer. */
import { NoAnswer, Refused, findPlaces, suggestPlaces } from "./api.js";
import { HEADLINES } from "./verdict.js";

const PAIR = /^\s*(-?\d{1,3}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/;
const PAUSE_MS = 120;
const get = (id) => document.getElementById(id);

/** @param onChoose called with {lat, lon, label, precision, source: "address"} */
export function createPlaces({ onChoose }) {
  const form = get("place-form");
  const field = get("place");
  const found = get("found");
  let turn = 0;
  let timer = null;

  function close() {
    turn += 1;
    clearTimeout(timer);
    found.hidden = true;
    get("found-list").replaceChildren();
    get("found-note").textContent = "";
  }
  function choose({ lat, lon, label, precision }) {
    close();
    field.value = label;
    field.blur();
    onChoose({ lat, lon, label, precision, source: "address" });
  }
  function list(note, entries) {
    get("found-note").textContent = note;
    get("found-list").replaceChildren(...entries);
    found.hidden = false;
  }
  function entry(label, status, onTap) {
    const item = get("found-entry").content.firstElementChild.cloneNode(true);
    const button = item.querySelector("button");
    button.dataset.status = status || "none";
    item.querySelector(".found-label").textContent = label;
    item.querySelector(".found-status").textContent = HEADLINES[status] || "";
    button.addEventListener("click", onTap);
    return item;
  }

  async function suggest() {
    const text = field.value.trim();
    if (text.length < 3 || PAIR.test(text)) return close();
    const mine = (turn += 1);
    try {
      const { labels } = await suggestPlaces(text);
      if (mine !== turn) return;
      if (!labels.length) return close();
      const entries = labels.slice(0, 6).map((label) => entry(label, null, () => {
        field.value = label;
        find();
      }));
      list(labels.length === 1 ? "1 suggestion" : `${entries.length} suggestions`, entries);
    } catch (error) {
      if (mine === turn) close();  // suggestions are a help; Find says what is wrong
      if (!(error instanceof NoAnswer || error instanceof Refused)) throw error;
    }
  }

  async function find() {
    clearTimeout(timer);
    const text = field.value.trim();
    if (!text) return list("Write a corner or an address first.", []);
    const pair = PAIR.exec(text);
    if (pair) return choose({ lat: Number(pair[1]), lon: Number(pair[2]), label: text, precision: "exact" });
    const mine = (turn += 1);
    try {
      const answer = await findPlaces(text);
      if (mine === turn) showAnswer(text, answer);
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof Refused)) throw error;
      if (mine !== turn) return;
      const isOff = error instanceof NoAnswer;
      list(isOff ? "Places cannot be looked up: no network. Tap the map." : error.message, []);
    }
  }
  function showAnswer(text, { results, ambiguous }) {
    if (!results.length) {
      return list(`Nothing found for "${text}". Write two streets that cross, or tap the map.`, []);
    }
    if (results.length === 1 && !ambiguous) return choose(results[0]);
    const words = (place) =>
      place.precision === "estimated" ? `${place.label} (estimated)` : place.label;
    const entries = results.map((place) => entry(words(place), place.zone_status, () => choose(place)));
    list(`${results.length} places fit. Choose one.`, entries);
  }

  function move(event) {
    const stops = [field, ...found.querySelectorAll("button")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      field.focus();
      close();
    }
    if (!step || found.hidden) return;
    event.preventDefault();
    stops.at((stops.indexOf(document.activeElement) + step) % stops.length).focus();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    find();
  });
  form.addEventListener("keydown", move);
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(suggest, PAUSE_MS);
  });
  document.addEventListener("pointerdown", (event) => {
    if (!form.contains(event.target)) close();
  });
  return {
    clear() {
      close();
      field.value = "";
    },
  };
}
