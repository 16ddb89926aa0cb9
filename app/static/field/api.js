/** Calls to the service. */

/** No network, a dead server, or a page in between. */
export class NoAnswer extends Error {}

/** The service answered with a problem; `detail` is a sentence fit to show. */
export class Refused extends Error {
  constructor(status, problem, retryAfter_s) {
    super(problem.detail || "The service could not do this.");
    this.status = status;
    this.code = problem.code || "";
    this.errors = problem.errors || {};
    this.retryAfter_s = retryAfter_s;
  }
}

async function call(method, path, content, timeout_ms = 8000) {
  let answer, text;
  try {
    answer = await fetch(`/api/v1${path}`, {
      method,
      headers: content ? { "Content-Type": "application/json" } : {},
      body: content && JSON.stringify(content),
      signal: AbortSignal.timeout(timeout_ms),
      cache: "no-store",
    });
    text = await answer.text();
  } catch (error) {
    throw new NoAnswer(error.message);
  }
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    // A captive page answers 200 with HTML, a proxy 502 with HTML: neither is the service.
    if (answer.status === 401) body = {};
    else throw new NoAnswer(`answer ${answer.status} is not from the service`);
  }
  if (!answer.ok) throw new Refused(answer.status, body, Number(answer.headers.get("Retry-After")) || 0);
  return body;
}

export const checkZone = ({ lat, lon, accuracy_m }) =>
  call("POST", "/zone-checks", accuracy_m == null ? { lat, lon } : { lat, lon, accuracy_m });
export const nearest = ({ lat, lon }) => call("POST", "/places/nearest", { lat, lon });
export const findPlaces = (q) => call("POST", "/places", { q });
export const suggestPlaces = (q) => call("POST", "/places/suggest", { q }, 3000);
export const currentZone = () => call("GET", "/zones/current");
export const putReferral = (uuid, content) => call("PUT", `/referrals/${uuid}`, content);
export const myReferrals = () => call("GET", "/referrals");
