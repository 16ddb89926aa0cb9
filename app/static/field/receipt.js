/** What the officer gets after saving: the number, the outcome, the reasons, what happens next. */
import { HEADLINES } from "./verdict.js";
import { KINDS } from "./forms.js";
import { when } from "./times.js";

const OUTCOMES = {
  appears_eligible: "Appears eligible",
  needs_verification: "Needs checking",
  ineligible: "Does not meet the criteria",
};
const NEXT = {
  appears_eligible: "Records and partners are checked next. The status shows under My referrals.",
  needs_verification: "Staff check the points above. The status shows under My referrals.",
  ineligible: "By these criteria it does not go on. The offer of help itself was not wrong to make.",
};
const get = (id) => document.getElementById(id);

function reasonLine({ text, source }) {
  const item = document.createElement("li");
  item.textContent = text;
  if (source) {
    const from = document.createElement("small");
    from.textContent = source.includes("GAP") ? "The programme has not settled this yet." : `Source: ${source}`;
    item.append(from);
  }
  return item;
}

function zoneLine(zoneCheck) {
  if (!zoneCheck) return "No zone verdict was kept.";
  const version = zoneCheck.zone?.version ?? zoneCheck.zone_version;
  return `Kept with it: ${HEADLINES[zoneCheck.status]}, zone version ${version}.`;
}

/** @param answer what PUT /referrals/{uuid} gave */
export function showReceipt(row, answer) {
  const { outcome, reasons } = answer.screening;
  get("receipt-sent").textContent = `${KINDS[row.kind]} saved and sent. ${when(row.saved_at)}`;
  get("receipt-number").textContent = answer.receipt_number;
  get("receipt-outcome").textContent = OUTCOMES[outcome] || outcome;
  get("receipt-outcome").dataset.outcome = outcome;
  get("receipt-reasons").replaceChildren(...reasons.map(reasonLine));
  get("receipt-next").textContent = NEXT[outcome] || "";
  const criteria = `Criteria ${answer.screening.criteria_version}.`;
  get("receipt-zone").textContent = `${zoneLine(answer.zone_check)} ${criteria}`;
}
