/** The two forms: one screen each, opened by the two big buttons. */
import { answers, clearProblems, problems, progress, showProblems } from "./entry.js";
import { HEADLINES, howSure } from "./verdict.js";
import { fromWall, toWall, when } from "./times.js";

export const KINDS = { social_contact: "Social contact", arrest_diversion: "Arrest referral" };

/** No referral can be about a place outside the city. */
const isElsewhere = (place) => place.problem?.status === 422;


/**
 * A draft is {uuid, kind, startedAt, place, form, frozen}; `place` is a copy of the check's state.
 *
 * @param onSave called with (draft, content)
 * @param onChangePlace called when the officer wants another place for this draft
 */
export function createForms({ getPlace, onSave, onChangePlace }) {
  const drafts = new Map();

  /** The unfinished draft of this kind, or a new one with a new uuid. */
  function open(kind) {
    if (!drafts.has(kind)) drafts.set(kind, makeDraft(kind));
    return drafts.get(kind);
  }
  function makeDraft(kind) {
    const form = document.getElementById(`form-${kind}`).content.querySelector("form").cloneNode(true);
    const draft = { uuid: crypto.randomUUID(), kind, startedAt: new Date(), place: getPlace(), form, frozen: false };
    form.elements.occurred_at.value = toWall(draft.startedAt);
    listen(draft);
    showPlace(draft);
    showProgress(draft);
    return draft;
  }
  function listen(draft) {
    const { form } = draft;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      save(draft);
    });
    form.addEventListener("input", () => {
      reveal(draft);
      showProgress(draft);
    });
    form.querySelector(".change").addEventListener("click", () => onChangePlace(draft));
    const clear = form.querySelector(".clear");
    clear.addEventListener("click", () => {
      if (clear.dataset.sure) return discard(draft);
      clear.dataset.sure = "yes";
      clear.textContent = "Tap again to clear all answers";
    });
    clear.addEventListener("blur", () => {
      delete clear.dataset.sure;
      clear.textContent = "Clear this form";
    });
  }
  function discard(draft) {
    drafts.delete(draft.kind);
    history.back();
  }
  function reveal({ form }) {
    const is = (name, value) => form.querySelector(`input[name="${name}"][value="${value}"]`).checked;
    form.querySelector(".person-details").hidden = !is("person", "given");
    const decided = is("zone_check.resolved_status", "inside") || is("zone_check.resolved_status", "outside");
    form.querySelector(".reason").hidden = !decided;
  }
  function showProgress({ form }) {
    const { done, all } = progress(form);
    form.querySelector(".progress").dataset.done = String(done === all);
    form.querySelector(".progress-text").textContent = `${done} of ${all} required answered`;
  }
  /** Say beside Save how the sending of this form stands. */
  function showSending({ form }, state) {
    form.querySelector(".progress").dataset.done = "false";
    form.querySelector(".progress-text").textContent = state === "sending" ? "Sending now" : "Not sent yet";
  }
  function showPlace(draft) {
    const { form, place, startedAt } = draft;
    const { point, answer, near } = place;
    const status = answer ? answer.status : "none";
    form.querySelector(".where").dataset.status = status;
    const words = !point ? "No location yet." : isElsewhere(place) ? "Outside Baltimore City." : "Zone not checked yet.";
    form.querySelector(".where-status").textContent = answer ? `${HEADLINES[status]}.` : words;
    form.querySelector(".where-near").textContent = point?.label || (near && `Near ${near}`);
    const how = point ? `${howSure(point, (startedAt - point.at) / 1000)}. ` : "";
    form.querySelector(".where-how").textContent = `${how}${when(startedAt)}.`;
    form.querySelector(".decide").hidden = status !== "uncertain" || draft.frozen;
  }
  /** Take the page's place for this draft: by the officer's choice, or while it has no verdict yet. */
  function setPlace(draft, place) {
    draft.place = place;
    showPlace(draft);
  }
  function placeArrived(place) {
    for (const draft of drafts.values()) {
      const isSame = !draft.place.point || draft.place.point.id === place.point?.id;
      if (!draft.place.answer && isSame && !draft.frozen) setPlace(draft, place);
    }
  }

  function save(draft) {
    const list = draft.frozen ? [] : problems(draft.form);
    if (!draft.place.point || isElsewhere(draft.place)) {
      const element = draft.form.querySelector(".change");
      list.unshift({ element, group: null, text: "Say where it was: tap Change." });
    }
    if (list.length) {
      const count = list.length === 1 ? "1 answer missing or wrong" : `${list.length} answers missing or wrong`;
      return showProblems(draft.form, count, list);
    }
    clearProblems(draft.form);
    const content = draft.frozen ? null : contentOf(draft);
    freeze(draft, true);
    onSave(draft, content);
  }
  function contentOf({ kind, startedAt, place, form }) {
    const { point, answer, answered, answeredAt } = place;
    const { zone_check: decision, occurred_at: time, ...rest } = answers(form);
    const isMoved = time && time !== fromWall(toWall(startedAt));
    const content = {
      kind,
      occurred_at: isMoved ? time : startedAt.toISOString(),
      lat: (answered || point).lat,
      lon: (answered || point).lon,
      location_source: point.source,
      ...rest,
    };
    if (point.accuracy_m != null) content.accuracy_m = (answered || point).accuracy_m;
    if (answer) content.zone_check = zoneCheck(answer, answeredAt, decision);
    return content;
  }
  function zoneCheck(answer, answeredAt, decision) {
    const check = {
      status: answer.status,
      zone_version: answer.zone.version,
      distance_to_boundary_m: answer.distance_to_boundary_m,
      checked_at: new Date(answeredAt).toISOString(),
    };
    const isDecided = answer.status === "uncertain" && ["inside", "outside"].includes(decision?.resolved_status);
    return isDecided ? { ...check, ...decision } : check;
  }

  /** While a saved form waits, its answers stay as they were sent. */
  function freeze(draft, frozen) {
    draft.frozen = frozen;
    draft.form.querySelector(".answers").disabled = frozen;
    draft.form.querySelector(".change").hidden = frozen;
    draft.form.querySelector(".frozen").hidden = !frozen;
    if (frozen && drafts.get(draft.kind) === draft) drafts.delete(draft.kind);
    if (!frozen) showProgress(draft);
  }
  /** The server refused it: the form opens again with what it said. */
  function refused(draft, { detail, errors }) {
    freeze(draft, false);
    drafts.set(draft.kind, draft);
    const list = Object.entries(errors).map(([name, sentences]) => {
      const named = draft.form.elements.namedItem(name.replace(/\.\d+$/, ""));  // codes.0
      const element = named instanceof RadioNodeList ? named[0] : named;
      const group = element?.closest("fieldset[data-group]");
      return { element, group, text: `${label(element) || name}: ${[sentences].flat().join(" ")}` };
    });
    showProblems(draft.form, list.length ? "Not saved. Put these right." : `Not saved. ${detail}`, list);
  }
  function label(element) {
    const source = element?.closest("fieldset[data-group]")?.querySelector("legend") || element?.labels?.[0];
    return source?.firstChild?.textContent.trim();
  }
  function hasAnswers() {
    const isFilled = (field) => field.checked || (field.type === "text" && field.value);
    return [...drafts.values()].some(({ form }) => [...form.elements].some(isFilled));
  }
  return { open, drafts, setPlace, placeArrived, refused, showSending, hasAnswers };
}
