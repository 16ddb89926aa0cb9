/**
 * Referrals that must reach the server exactly once.
 *
 * A row is {uuid, kind, receipt_number, content, saved_at, state, problem}; state: `waiting`,
 * `sending` or `held` (refused). The same content always goes under the same uuid, so sending
 * again after a lost answer is safe. Rows live in this page's memory only.
 */
import { NoAnswer, Refused } from "./api.js";

const FIRST_WAIT_S = 5;
const LONGEST_WAIT_S = 120;

/**
 * @param send (uuid, content) -> answer of the server
 * @param onSent called with (row, answer) when the server has a row
 */
export function createOutbox({ send, onChange, onSent }) {
  const rows = new Map();
  const box = { rows, signInNeeded: false, failedSince: null, nextTryAt: null, add, flush, drop, count };
  let running = null;
  let timer = null;
  let wait_s = FIRST_WAIT_S;

  function count() {
    return rows.size;
  }
  function add(row) {
    rows.set(row.uuid, { ...row, state: "waiting", problem: null });
    onChange();
    return flush();
  }
  /** Take a held row back, so that its form can be put right. */
  function drop(uuid) {
    rows.delete(uuid);
    onChange();
  }
  /** Send what waits, one after the other; a second call joins the one under way. */
  function flush() {
    running ??= run().finally(() => {
      running = null;
      onChange();
    });
    return running;
  }
  async function run() {
    clearTimeout(timer);
    box.nextTryAt = null;
    for (const row of rows.values()) {  // live: a row added meanwhile is sent too
      if (row.state === "held") continue;
      if (!(await sendOne(row))) return;
    }
    wait_s = FIRST_WAIT_S;
    box.failedSince = null;
  }
  async function sendOne(row) {
    row.state = "sending";
    onChange();
    try {
      const answer = await send(row.uuid, row.content);
      rows.delete(row.uuid);
      box.signInNeeded = false;
      box.failedSince = null;
      onSent(row, answer);
      return true;
    } catch (error) {
      row.state = "waiting";
      return failed(row, error);
    }
  }
  /** True when the next row may be tried. */
  function failed(row, error) {
    if (error instanceof Refused && error.status === 401) {
      box.signInNeeded = true;
      return false;
    }
    const isForLater = error instanceof NoAnswer || error.status === 429 || error.status >= 500;
    if (isForLater) {
      box.failedSince ??= new Date();
      tryLater(error.retryAfter_s);
      return false;
    }
    if (!(error instanceof Refused)) throw error;
    box.signInNeeded = false;
    row.state = "held";
    row.problem = { status: error.status, code: error.code, detail: error.message, errors: error.errors };
    return true;
  }
  function tryLater(retryAfter_s) {
    const pause_s = Math.max(wait_s, retryAfter_s || 0);
    wait_s = Math.min(wait_s * 2, LONGEST_WAIT_S);
    box.nextTryAt = new Date(Date.now() + pause_s * 1000);
    timer = setTimeout(flush, pause_s * 1000);
  }
  return box;
}
