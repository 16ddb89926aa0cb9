/** The verdict card: the answer at arm's length, and what it rests on. */
import { HEADLINES, advice, howSure, keyLine } from "./verdict.js";
import { clock, day } from "./times.js";

const get = (id) => document.getElementById(id);

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function createVerdictCard() {
  const card = get("verdict");
  let spoken = "";

  /** Changed only with the verdict or the place, so that moving about does not chatter. */
  function speak(state) {
    const key = state.answer ? `${state.answered.id} ${state.answer.status}` : "";
    if (key === spoken) return;
    spoken = key;
    const status = get("verdict-status");
    if (!key) return status.replaceChildren();
    const rest = document.createElement("span");
    rest.className = "vh";
    rest.textContent = `. At ${clock(new Date(state.answeredAt))}: ${keyLine(state.answer)}`;
    status.replaceChildren(HEADLINES[state.answer.status], rest);
  }

  /** What stands there while there is no answer. */
  function waiting(state, gps) {
    if (state.problem?.status === 422) return state.problem.text;
    if (state.problem) return `${state.problem.text} You can still fill in a referral.`;
    if (state.point) return "Checking the zone";
    return gps.problem || (gps.isOn ? "Finding where you are" : "Where are you?");
  }

  /** @param gps {isOn, fix, problem} */
  function show(state, gps) {
    const { answer, point } = state;
    const age_s = point ? (Date.now() - point.at) / 1000 : 0;
    card.dataset.status = answer ? answer.status : "none";
    speak(state);
    setText(get("verdict-key"), answer ? keyLine(answer) : waiting(state, gps));
    get("use-gps").hidden = gps.isOn && (!point || point.source === "gps");
    get("card-sign-in").hidden = state.problem?.status !== 401;
    get("verdict-meta").hidden = !answer;
    if (answer) {
      const typed = point.label ? point.label : state.near && `Near ${state.near}`;
      get("meta-where").parentElement.hidden = !typed;
      setText(get("meta-where"), typed);
      setText(get("meta-sure"), howSure(point, age_s));
      const since = day(answer.zone.effective_from);
      setText(get("meta-zone"), `Zone version ${answer.zone.version}, since ${since}`);
    }
    showAdvice(state, gps, age_s);
  }

  function showAdvice({ answer, answeredAt, point, problem }, gps, age_s) {
    let text = answer ? advice(answer, point, age_s) : "";
    if (answer && point.source === "gps" && gps.problem && !text) text = gps.problem;
    if (answer && problem) text = `${problem.text} This verdict is from ${clock(new Date(answeredAt))}.`;
    get("advice").hidden = !text;
    setText(get("advice-text"), text);
    get("rule-note").hidden = !(answer && answer.status === "outside" && get("rule-note").textContent.trim());
  }

  return { show };
}
