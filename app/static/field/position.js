/** The tablet's own position. */

const OPTIONS = { enableHighAccuracy: true, maximumAge: 0, timeout: 20000 };
const REFRESH_MS = 15000;

/**
 * @param onFix called with {lat, lon, accuracy_m, source: "gps", at} (at: ms since 1970)
 * @param onProblem called with a sentence for the officer
 */
export function createPosition({ onFix, onProblem }) {
  let watching = null;

  const took = ({ coords, timestamp }) =>
    onFix({
      lat: coords.latitude,
      lon: coords.longitude,
      accuracy_m: Math.round(coords.accuracy * 10) / 10,
      source: "gps",
      at: Math.min(timestamp, Date.now()),
    });
  const failed = ({ code }) => {
    if (code === 1) stop();
    onProblem(
      code === 1
        ? "Location is switched off for this page. Allow it in the browser, or use Place or the map."
        : "No position from GPS. Step into the open, or use Place or the map.",
    );
  };

  function start() {
    if (!("geolocation" in navigator)) {
      onProblem("This tablet gives no position. Use Place or the map.");
      return;
    }
    if (watching !== null) return;
    watching = navigator.geolocation.watchPosition(took, failed, OPTIONS);
    // A watch is silent while nothing moves; asking again keeps the stated age true.
    refresh.timer = setInterval(refresh, REFRESH_MS);
  }
  function refresh() {
    if (!document.hidden) navigator.geolocation.getCurrentPosition(took, () => {}, OPTIONS);
  }
  function stop() {
    navigator.geolocation.clearWatch(watching);
    clearInterval(refresh.timer);
    watching = null;
  }
  /** True when it started: never shows the browser's question by itself. */
  async function startIfGranted() {
    try {
      const { state } = await navigator.permissions.query({ name: "geolocation" });
      if (state === "granted") start();
      return state === "granted";
    } catch {
      return false;
    }
  }
  return { start, startIfGranted };
}
