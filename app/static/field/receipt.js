/** What the officer gets after saving. */
import { HEADLINES } from "./verdict.js";
import { KINDS } from "./forms.js";
import { when } from "./times.js";

const get = (id) => document.getElementById(id);

function reasonLine({ text }) {
  return Object.assign(document.createElement("li"), { textContent: text });
}

function zoneLine(zoneCheck) {
  if (!zoneCheck) return "No zone verdict was kept.";
  const version = zoneCheck.zone?.version ?? zoneCheck.zone_version;
  return `Kept with it: ${HEADLINES[zoneCheck.status]}, zone version ${version}.`;
}

/** The page brings the words for each outcome along. */
function say(id, outcome) {
  get(id).textContent = JSON.parse(get(id).dataset.words)[outcome];
}

/** @param answer what PUT /referrals/{uuid} gave */
export function showReceipt(row, answer) {
  const { outcome, reasons } = answer.screening;
  get("receipt-sent").textContent = `${KINDS[row.kind]} saved and sent. ${when(row.saved_at)}`;
  get("receipt-number").textContent = answer.receipt_number;
  say("receipt-outcome", outcome);
  get("receipt-reasons").replaceChildren(...reasons.map(reasonLine));
  say("receipt-next", outcome);
  const criteria = `Criteria ${answer.screening.criteria_version}.`;
  get("receipt-zone").textContent = `${zoneLine(answer.zone_check)} ${criteria}`;
}
