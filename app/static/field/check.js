/** Which point the page is about, and what the zone says of it. */
import { NoAnswer, Refused, checkZone, nearest } from "./api.js";

const SAME_PLACE_M = 2;
const SAME_CORNER_M = 15;
const ASK_AGAIN_MS = 60000;
/** An answer holds this near to its point, and no farther than to the line. */
const HOLDS_M = 25;
const [west, south, east, north] = document.getElementById("field").dataset.serviceArea.split(",").map(Number);

/** Metres between two near points. */
function apart_m(a, b) {
  const north = (a.lat - b.lat) * 111132;
  const east = (a.lon - b.lon) * 111320 * Math.cos((a.lat * Math.PI) / 180);
  return Math.hypot(north, east);
}

/**
 * `point` {id, lat, lon, accuracy_m, source, at, label?, precision?}; `answer` of the server about the
 * point `answered`; `near`, a corner's name; `problem` {text, status} of the last question.
 */
export function createCheck({ onChange }) {
  const state = { point: null, answer: null, answered: null, answeredAt: 0, near: "", problem: null };
  let asking = null;
  let places = 0;
  let nearOf = null;

  function follow(fix) {
    state.point = { ...fix, id: "gps" };
    if (isDue(state.point)) ask(state.point);
    onChange();
  }
  function isDue(point) {
    if (!state.answer || state.problem || state.answered.id !== point.id) return true;
    return (
      apart_m(state.answered, point) > SAME_PLACE_M ||
      Math.abs(state.answered.accuracy_m - point.accuracy_m) > 1 ||
      Date.now() - state.answeredAt > ASK_AGAIN_MS
    );
  }
  /** A place that was typed or tapped. */
  function look(point) {
    places += 1;
    state.point = { accuracy_m: null, at: Date.now(), ...point, id: `place-${places}` };
    Object.assign(state, { answer: null, answered: null, problem: null, near: point.label || "" });
    nearOf = null;
    onChange();
    return ask(state.point);
  }
  async function ask(point) {
    if (asking === point.id) return;  // the next fix asks again
    const text = elsewhere(point);
    if (text) return settle(point, null, { status: 422, text });
    asking = point.id;
    nameCorner(point);
    try {
      settle(point, await checkZone(point), null);
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof Refused)) throw error;
      settle(point, null, { status: error.status || 0, text: sentence(error) });
    } finally {
      if (asking === point.id) asking = null;
    }
  }
  function settle(point, answer, problem) {
    if (state.point.id !== point.id) return;  // the officer has moved on to another place
    state.problem = problem;
    if (answer) Object.assign(state, { answer, answered: point, answeredAt: Date.now() });
    else if (problem.status === 422 || hasLeft(point)) Object.assign(state, { answer: null, answered: null });
    onChange();
  }
  function hasLeft(point) {
    if (!state.answer) return false;
    const holds_m = Math.min(HOLDS_M, Math.max(state.answer.distance_to_boundary_m, SAME_PLACE_M));
    return apart_m(state.answered, point) > holds_m;
  }
  async function nameCorner(point) {
    if (point.label || (nearOf && apart_m(nearOf, point) < SAME_CORNER_M)) return;
    nearOf = point;
    try {
      const { label } = await nearest(point);
      if (nearOf !== point) return;
      state.near = label || "";
      onChange();
    } catch {
      if (nearOf === point) nearOf = null;  // a name is a help; the verdict does without
    }
  }
  /** Ask once more what found no answer. */
  function again() {
    if (state.problem && state.problem.status !== 422) ask(state.point);
  }
  return { state, follow, look, again };
}

/** Why the service cannot be asked about a point, or an empty text. */
function elsewhere({ lat, lon }) {
  const isHere = (y, x) => y >= south && y <= north && x >= west && x <= east;
  if (isHere(lat, lon)) return "";
  if (isHere(lon, lat)) return "Latitude and longitude look swapped. Write latitude first, like 39.2916, -76.6216.";
  return "This place is outside Baltimore City. Use Place or the map for a place in the city.";
}

function sentence(error) {
  if (error instanceof Refused && error.status === 401) return "Sign in to check the zone.";
  if (error instanceof Refused) return error.message;
  return "The zone cannot be checked: no network.";
}
