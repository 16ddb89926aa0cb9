/** My referrals: kind, time, receipt number, status. Never a name. */
import { NoAnswer, Refused, myReferrals } from "./api.js";
import { KINDS } from "./forms.js";
import { when } from "./times.js";

const get = (id) => document.getElementById(id);

function note(text) {
  get("list-note").hidden = !text;
  get("list-note-text").textContent = text;
}

function line(row, status, onOpen) {
  const item = get("list-row").content.firstElementChild.cloneNode(true);
  item.querySelector(".row-kind").textContent = KINDS[row.kind] || row.kind;
  item.querySelector(".row-when").textContent = when(row.occurred_at || row.saved_at);
  item.querySelector(".row-receipt").textContent = row.receipt_number;
  item.querySelector(".row-status").textContent = status;
  if (onOpen) {
    const open = item.querySelector(".row-open");
    open.hidden = false;
    open.addEventListener("click", onOpen);
  }
  return item;
}

/**
 * @param onOpen called with a held row that the officer wants to put right
 */
export function createList({ outbox, onOpen }) {
  let sent = [];

  function render() {
    const waiting = [...outbox.rows.values()].map((row) => {
      const isHeld = row.state === "held";
      const status = isHeld ? `Not taken: ${row.problem.detail}` : "Waiting";
      return line(row, status, isHeld && (() => onOpen(row)));
    });
    const rest = sent.map((row) => line(row, row.status_word || row.status));
    get("list-rows").replaceChildren(...waiting, ...rest);
  }
  async function load() {
    note("Loading");
    get("list-again").hidden = true;
    render();
    try {
      const { items, total } = await myReferrals();
      sent = items;
      const isEmpty = !items.length && !outbox.count();
      note(isEmpty ? "No referrals yet." : total > items.length ? `The newest ${items.length} of ${total}.` : "");
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof Refused)) throw error;
      const isOut = error instanceof Refused && error.status === 401;
      const why = isOut ? "Sign in to see them." : error instanceof NoAnswer ? "No network." : error.message;
      note(`Sent referrals cannot be shown now. ${why}`);
      get("list-again").hidden = false;
    }
    render();
  }
  get("list-again").addEventListener("click", load);
  return { load, render };
}
