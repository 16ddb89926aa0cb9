/** The officer's page: puts the parts together. */
import { currentZone, putReferral } from "./api.js";
import { createCheck } from "./check.js";
import { KINDS, createForms } from "./forms.js";
import { createList } from "./list.js";
import { createOutbox } from "./outbox.js";
import { createPlaces } from "./place.js";
import { createPosition } from "./position.js";
import { receiptNumber } from "./receipt-number.js";
import { showReceipt } from "./receipt.js";
import { createCounter, createScreens, fitDocks } from "./shell.js";
import { createVerdictCard } from "./verdict-card.js";

const get = (id) => document.getElementById(id);
const gps = { isOn: false, fix: null, problem: "" };
const saved = new Map();  // uuid -> draft, while its row is in the outbox
let map = null;
let framed = "";
let choosing = null;  // the draft that another place is being chosen for
let shown = null;  // the draft on the form screen

const card = createVerdictCard();
const check = createCheck({ onChange: render });
const screens = createScreens({ onShow: render });
const outbox = createOutbox({ send: putReferral, onChange: outboxChanged, onSent });
const counter = createCounter({ outbox });
const list = createList({ outbox, onOpen: (row) => reopen(row.uuid) });
const forms = createForms({ getPlace: () => ({ ...check.state }), onSave, onChangePlace });
const places = createPlaces({ onChoose: (point) => check.look(point) });
const position = createPosition({ onFix, onProblem });

function onFix(fix) {
  Object.assign(gps, { isOn: true, fix, problem: "" });
  map?.showYou(fix);
  const { point } = check.state;
  if (!point || point.source === "gps") check.follow(fix);
  else render();
}
function onProblem(text) {
  gps.problem = text;
  if (!gps.fix) gps.isOn = false;
  render();
}
function useGps() {
  places.clear();
  gps.isOn = true;
  position.start();
  if (gps.fix) check.follow(gps.fix);
  else render();
}

function render() {
  card.show(check.state, gps);
  forms.placeArrived({ ...check.state });
  for (const kind of Object.keys(KINDS)) {
    const isOpen = forms.drafts.has(kind);
    const words = isOpen ? "Not finished. Tap to go on." : get(`sub-${kind}`).dataset.idle;
    for (const line of document.querySelectorAll(`[data-second=${kind}]`)) line.textContent = words;
  }
  get("kinds").hidden = Boolean(choosing);
  get("choosing").hidden = !choosing;
  fitDocks();
  showOnMap();
}
function showOnMap() {
  const { point, answer } = check.state;
  if (!map || !point || !screens.isOn("check")) return;
  map.showPlace(point.source === "gps" ? null : point);
  map.showFar(point, answer);
  // Framed once for a place and its verdict; after that the map stays as the officer moved it.
  const key = `${point.id} ${answer?.status || ""}`;
  if (key === framed || !answer) return;
  framed = key;
  map.frame(point, answer);
}

function openForm(draft) {
  shown = draft;
  get("form").replaceChildren(draft.form);
  screens.show("form", KINDS[draft.kind]);
}
async function onSave(draft, content) {
  if (!content) return outbox.flush();  // saved before: the same row is tried again
  saved.set(draft.uuid, draft);
  const row = {
    uuid: draft.uuid, kind: draft.kind, content, saved_at: new Date().toISOString(),
    receipt_number: await receiptNumber(draft.uuid),
  };
  return outbox.add(row);
}
function onSent(row, answer) {
  const draft = saved.get(row.uuid);
  saved.delete(row.uuid);
  if (screens.isOn("form") && shown === draft) {
    showReceipt(row, answer);
    screens.show("receipt", "Receipt");
  } else if (screens.isOn("list")) list.load();
}
function outboxChanged() {
  counter.render();
  if (screens.isOn("list")) list.render();
  for (const row of outbox.rows.values()) {
    if (!screens.isOn("form") || shown !== saved.get(row.uuid)) continue;
    if (row.state === "held") reopen(row.uuid);
    else forms.showSending(shown, row.state);
  }
  fitDocks();
}
/** A row that the server refused goes back into its form. */
function reopen(uuid) {
  const { problem } = outbox.rows.get(uuid);
  const draft = saved.get(uuid);
  saved.delete(uuid);
  outbox.drop(uuid);
  if (!screens.isOn("form") || shown !== draft) openForm(draft);
  forms.refused(draft, problem);
}

function onChangePlace(draft) {
  choosing = draft;
  screens.home();
}
function endChoosing(place) {
  const draft = choosing;
  choosing = null;
  if (place) forms.setPlace(draft, place);
  render();
  openForm(draft);
}

async function loadMap() {
  try {
    const zone = await currentZone();
    const { makeMap } = await import("./map.js");
    get("map-off").remove();
    map = await makeMap(get("map"), {
      zone: zone.geometry,
      scale: get("scale"),
      at: check.state,
      onTap(point) {
        places.clear();
        check.look({ ...point, source: "map" });
      },
    });
    if (gps.fix) map.showYou(gps.fix);
    showOnMap();
  } catch {
    const off = get("map-off") || get("map").appendChild(document.createElement("p"));
    off.textContent = "The map is not available now. Use Place.";
  }
}

for (const kind of Object.keys(KINDS)) {
  get(`new-${kind}`).addEventListener("click", () => openForm(forms.open(kind)));
}
get("use-gps").addEventListener("click", useGps);
get("to-gps").addEventListener("click", () => {
  framed = "";
  useGps();
});
get("zoom-in").addEventListener("click", () => map?.zoomBy(1));
get("zoom-out").addEventListener("click", () => map?.zoomBy(-1));
get("use-this").addEventListener("click", () => endChoosing({ ...check.state }));
get("keep-old").addEventListener("click", () => endChoosing(null));
get("send-now").addEventListener("click", () => outbox.flush());
for (const id of ["open-list", "counter"]) {
  get(id).addEventListener("click", () => {
    screens.show("list", "My referrals");
    list.load();
  });
}
for (const id of ["receipt-done", "list-done"]) get(id).addEventListener("click", screens.home);
const flush = () => {
  if (document.hidden) return;
  outbox.flush();
  check.again();
};
document.addEventListener("visibilitychange", flush);
for (const name of ["online", "focus"]) window.addEventListener(name, flush);
window.addEventListener("resize", fitDocks);
window.addEventListener("beforeunload", (event) => {
  if (outbox.count() || forms.hasAnswers()) event.preventDefault();
});
document.addEventListener("click", ({ target }) => {
  if (!get("menu").contains(target)) get("menu").open = false;
});
get("menu").addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  get("menu").open = false;
  get("menu").querySelector("summary").focus();
});
setInterval(() => {
  card.show(check.state, gps);
  counter.render();
}, 1000);
setInterval(check.again, 10000);

gps.isOn = await position.startIfGranted();
render();
loadMap();
