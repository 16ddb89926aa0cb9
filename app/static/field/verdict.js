/**
 * From a zone answer to words. Pure: no page, no clock, no network.
 *
 * An answer is what POST /api/v1/zone-checks gives.
 */

export const HEADLINES = {
  inside: "In the zone",
  outside: "Outside the zone",
  uncertain: "Too close to call",
};

/** A typed or tapped place nearer to the edge than this says so, in metres. */
export const NEAR_EDGE_M = 15;

/** A position older than this says so, in seconds. */
export const OLD_AFTER_S = 30;

export function metres(value) {
  return value < 1 ? "less than 1 m" : `${Math.round(value).toLocaleString("en-US")} m`;
}

/** The line under the verdict. */
export function keyLine(check) {
  const far = metres(check.distance_to_boundary_m);
  const street = check.nearest_street;
  if (check.status === "inside") {
    return `${far} inside.${street ? ` Nearest edge: ${street}` : ""}`;
  }
  if (check.status === "outside") return `${far} beyond ${street || "the zone edge"}`;
  const edge = street ? `The edge, ${street},` : "The zone edge";
  return `${edge} is ${far} away. Your location is good to ${metres(check.accuracy_m)}.`;
}

export function age(seconds) {
  if (seconds < 2) return "now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return `${Math.floor(seconds / 3600)} h ago`;
}

/** How the point was found, and how sure that is. */
export function howSure(point, age_s) {
  if (point.source === "map") return "Tapped on the map";
  if (point.source === "address") {
    return point.precision === "estimated" ? "Typed, estimated between known blocks" : "Typed";
  }
  const good = point.accuracy_m > 50 ? "GPS is weak, good to" : "Good to";
  return `${good} ${metres(point.accuracy_m)}, ${age(age_s)}`;
}

/** What the officer should know beside the verdict, or an empty text. */
export function advice(check, point, age_s) {
  if (point.source === "gps" && age_s > OLD_AFTER_S) {
    return `This position is old: ${age(age_s)}. You may have moved since.`;
  }
  if (check.status === "uncertain") return "Step into the open, or go on and say why you decided.";
  if (point.source !== "gps" && check.distance_to_boundary_m < NEAR_EDGE_M) {
    return "This place is on the zone edge. The other side of the street may differ.";
  }
  return "";
}
