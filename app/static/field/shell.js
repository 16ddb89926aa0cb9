/** The frame: which screen is open, the heading, the counter, and the dock that must not hide things. */
import { clock } from "./times.js";

const get = (id) => document.getElementById(id);
const SCREENS = ["check", "form", "receipt", "list"];

/** @param onShow called with the screen's name after it opened */
export function createScreens({ onShow }) {
  let current = "check";

  function open(name, heading) {
    current = name;
    for (const screen of SCREENS) get(screen).hidden = screen !== name;
    get("heading-text").textContent = heading;
    document.documentElement.dataset.screen = name;
    get("back").hidden = name === "check";
    get("heading").focus({ preventScroll: true });
    window.scrollTo(0, 0);
    fitDocks();
    onShow(name);
  }
  /** Open a screen; the tablet's own Back leads to the zone check again. */
  function show(name, heading) {
    const isDeeper = current !== "check";
    history[isDeeper ? "replaceState" : "pushState"]({ screen: name }, "");
    open(name, heading);
  }
  function home() {
    if (current !== "check") history.back();
  }
  window.addEventListener("popstate", () => open("check", "LEAD Field"));
  get("back").addEventListener("click", home);
  if (history.state?.screen) history.replaceState(null, "");
  return { show, home, isOn: (name) => current === name };
}

/** A head or dock over a third of the window scrolls along. */
function fit(element, name) {
  if (!element.offsetHeight) return;
  const isFixed = element.offsetHeight <= window.innerHeight / 3;
  element.classList.toggle("flows", !isFixed);
  const covered_px = isFixed ? element.offsetHeight : 0;
  document.documentElement.style.setProperty(name, `${covered_px}px`);
}

export function fitDocks() {
  fit(get("head"), "--head");
  for (const dock of document.querySelectorAll(".dock")) fit(dock, "--dock");
}

export function createCounter({ outbox }) {
  function text() {
    const count = outbox.count();
    if (!count) return "All sent";
    return outbox.signInNeeded ? `Sign in to send ${count}` : `${count} waiting`;
  }
  function why() {
    const rows = [...outbox.rows.values()];
    if (rows.some((row) => row.state === "sending")) return "Sending now.";
    if (outbox.signInNeeded) return "You are signed out. Sign in on the page that opens, then come back to this one.";
    if (rows.every((row) => row.state === "held")) return "The service did not take it. See My referrals.";
    if (!outbox.failedSince) return "";
    const seconds = Math.max(0, Math.ceil((outbox.nextTryAt - Date.now()) / 1000));
    return `No answer since ${clock(outbox.failedSince)}. ${seconds ? `Next try in ${seconds} s.` : "Trying now."}`;
  }
  function set(element, words) {
    if (element.textContent !== words) element.textContent = words;
  }
  function render() {
    const count = outbox.count();
    set(get("counter-text"), text());
    get("counter").dataset.state = count ? "wait" : "ok";
    const isStuck = count > 0 && (outbox.signInNeeded || outbox.failedSince || hasHeld());
    get("queue").hidden = !isStuck;
    if (!isStuck) return;
    set(get("queue-text"), "Not sent yet. Your answers are kept only while this page stays open.");
    set(get("queue-next"), why());
    get("sign-in").hidden = !outbox.signInNeeded;
  }
  function hasHeld() {
    return [...outbox.rows.values()].some((row) => row.state === "held");
  }
  return { render };
}
