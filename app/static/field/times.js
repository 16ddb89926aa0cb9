/** Dates and times in the site's time zone, whatever the tablet's own setting is. */

const zone = document.getElementById("field").dataset.timeZone || "America/New_York";

function parts(date) {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, year: "numeric", month: "short", day: "numeric",
    hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  return Object.fromEntries(format.formatToParts(date).map((part) => [part.type, part.value]));
}

export function clock(date) {
  const { hour, minute } = parts(date);
  return `${hour}:${minute}`;
}

/** 8 Feb 2017. A bare date of the server is that day in the site's zone. */
export function day(value) {
  const bare = typeof value === "string" && value.length === 10;
  const { day: number, month, year } = parts(bare ? new Date(fromWall(`${value}T00:00`)) : new Date(value));
  return `${number} ${month} ${year}`;
}

/** Today 14:32, or 8 Feb 2017 14:32. */
export function when(value) {
  const date = new Date(value);
  return `${day(date) === day(new Date()) ? "Today" : day(date)} ${clock(date)}`;
}

/** Offset of the site's zone from UTC at that moment, in minutes. */
function offsetMinutes(date) {
  const wall = new Date(date.toLocaleString("en-US", { timeZone: zone }));
  const utc = new Date(date.toLocaleString("en-US", { timeZone: "UTC" }));
  return Math.round((wall - utc) / 60000);
}

/** A moment as the text of an input of type datetime-local. */
export function toWall(date) {
  return new Date(date.getTime() + offsetMinutes(date) * 60000).toISOString().slice(0, 16);
}

/** The text of an input of type datetime-local as RFC 3339 in UTC. */
export function fromWall(text) {
  const asUtc = new Date(`${text}Z`);
  const guess = new Date(asUtc - offsetMinutes(asUtc) * 60000);
  return new Date(asUtc - offsetMinutes(guess) * 60000).toISOString();
}
