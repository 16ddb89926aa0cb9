/* What the map room's map shows, drawn from numbers: no text that came from a person is put in here.
 *
 * /maps/map.js (made by Folium) calls leadMap.start, cells, contours and districts in this order.
 * Coded shapes are those of app/maps/shapes.py.
 */

import { addBasemap } from "./basemap.js";

const STEP_DEGREES = 1e-5;
const CLOSE_ZOOM = 15;
const NUMBER_FITS_PX = 15;
const LABELS_A_LEVEL = 12;
const CONTOUR_VALUES_FROM_ZOOM = 13;
const CITY_CORNERS = 0.06; // share of the city's envelope that may lie beyond the map's edge
const BIN_CLASSES = { 3: "bin-hot-3", 2: "bin-hot-2", 1: "bin-hot-1" };

let map;
let base;
let zoneEdge;
let squareOf = new Map();
let marked = null;

/* [[lat, lon], ...] of one coded line: first corner, then steps. */
function decodeLine(steps) {
  let lon = 0;
  let lat = 0;
  const line = [];
  for (let i = 0; i < steps.length; i += 2) {
    lon += steps[i];
    lat += steps[i + 1];
    line.push([lat * STEP_DEGREES, lon * STEP_DEGREES]);
  }
  return line;
}

function drawLines(lines, className) {
  return L.polyline(lines.map(decodeLine), { className, interactive: false, smoothFactor: 1 });
}

/* Corner (column, row) of the grid to [lat, lon]. */
function cornerReader(cells) {
  const [column, row, span] = cells.frame;
  const sum = (factors, u, v) =>
    cells.powers.reduce((total, [i, j], k) => total + factors[k] * u ** i * v ** j, 0);
  return (c, r) => {
    const u = (c - column) / span;
    const v = (r - row) / span;
    return [sum(cells.lat, u, v), sum(cells.lon, u, v)];
  };
}

function square(corner, column, row) {
  return [
    corner(column, row), corner(column + 1, row), corner(column + 1, row + 1), corner(column, row + 1),
  ];
}

/* Every square of one bin, from runs of row, column, length given as steps. */
function squaresOfRuns(corner, steps) {
  const squares = [];
  let row = 0;
  let column = 0;
  let length = 0;
  for (let i = 0; i < steps.length; i += 3) {
    row += steps[i];
    column += steps[i + 1];
    length += steps[i + 2];
    for (let k = 0; k < length; k += 1) squares.push([square(corner, column + k, row)]);
  }
  return squares;
}

function drawBin(bin, squares) {
  const isHot = bin > 0;
  const options = isHot
    ? { className: BIN_CLASSES[bin] }
    : { className: `bin-cold bin-cold-line-${-bin}`, fillColor: `url(#bin-cold-${-bin})` };
  L.polygon(squares, {
    ...options, interactive: false, smoothFactor: 0, fillOpacity: 1, weight: 1,
  }).addTo(map);
}

function textMarker(at, text, className) {
  const element = document.createElement("span");
  element.textContent = text;
  const icon = L.divIcon({ html: element, className, iconSize: null });
  return L.marker(at, { icon, interactive: false, keyboard: false });
}

function drawNumbers(corner, cells) {
  const numbers = L.layerGroup().addTo(map);
  for (const [rank, bin, column, row] of cells.ranked) {
    const corners = square(corner, column, row);
    squareOf.set(rank, corners);
    const middle = L.latLngBounds(corners).getCenter();
    textMarker(middle, String(rank), `cell-number on-bin-${bin}`).addTo(numbers);
  }
  base.keepClear([...squareOf.values()].map((corners) => L.latLngBounds(corners).pad(-0.2)));
  const fit = () => {
    const metresPerPixel = 40075016.686 * Math.cos(0.6857) / (256 * 2 ** map.getZoom());
    const isSmall = cells.size_m / metresPerPixel < NUMBER_FITS_PX;
    map.getContainer().classList.toggle("small-cells", isSmall);
  };
  map.on("zoomend", fit);
  fit();
}

/* Show one numbered cell: move there and draw a frame around it. */
function showCell(rank) {
  const corners = squareOf.get(rank);
  if (!corners) return;
  if (marked) marked.remove();
  marked = L.polygon(corners, { className: "cell-marked", fill: false, interactive: false }).addTo(map);
  const zoom = Math.max(map.getZoom(), CLOSE_ZOOM);
  map.setView(L.latLngBounds(corners).getCenter(), zoom, { animate: false });
  map.getContainer().scrollIntoView({ block: "nearest" });
}

function connectButtons(options) {
  const zone = L.geoJSON(options.zone).getBounds();
  const go = {
    in: () => map.zoomIn(),
    out: () => map.zoomOut(),
    zone: () => map.fitBounds(zone.pad(0.3)),
    city: () => map.fitBounds(L.latLngBounds(options.city).pad(-CITY_CORNERS)),
  };
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", go[button.dataset.zoom]);
  }
  for (const button of document.querySelectorAll("[data-cell]")) {
    button.addEventListener("click", () => showCell(Number(button.dataset.cell)));
  }
  for (const holder of document.querySelectorAll(".map-buttons, .map-switch")) holder.hidden = false;
  connectNeighbourhoods(options.neighbourhoods);
}

function connectNeighbourhoods(url) {
  const button = document.querySelector("[data-neighbourhoods]");
  let layer = null;
  button?.addEventListener("click", async () => {
    const isOn = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(isOn));
    if (!isOn) {
      layer?.remove();
      return;
    }
    if (!layer) {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      if (!answer.ok) {
        button.setAttribute("aria-pressed", "false");
        return;
      }
      layer = drawLines((await answer.json()).lines, "neighbourhood-line");
    }
    if (button.getAttribute("aria-pressed") === "true") layer.addTo(map);
    zoneEdge.bringToFront();
  });
}

/* The area in view as west,south,east,north, for the filter bar. */
function viewBox() {
  const bounds = map.getBounds();
  const edges = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  return edges.map((edge) => edge.toFixed(4)).join(",");
}

function nameContainer() {
  const container = map.getContainer();
  container.setAttribute("role", "group");
  container.setAttribute("aria-label", "Map. Arrow keys move it, plus and minus zoom. The table holds the same facts.");
}

function start(drawn, zoneLayer, options) {
  map = drawn;
  zoneEdge = zoneLayer;
  const zone = zoneLayer.toGeoJSON().features[0].geometry;
  map.fitBounds(options.view);
  nameContainer();
  const theme = () => document.documentElement.dataset.theme || "light";
  base = addBasemap(map, { url: options.basemap, theme: theme(), edge: zone, quiet: true });
  new MutationObserver(() => base.setTheme(theme())).observe(document.documentElement, {
    attributes: true, attributeFilter: ["data-theme"],
  });
  connectButtons({ ...options, zone });
  globalThis.leadMap.viewBox = viewBox;
  document.dispatchEvent(new CustomEvent("map-ready"));
}

function cells(drawn, coded) {
  const corner = cornerReader(coded);
  for (const [bin, steps] of Object.entries(coded.runs)) {
    drawBin(Number(bin), squaresOfRuns(corner, steps));
  }
  drawNumbers(corner, coded);
}

function contours(drawn, coded) {
  const fit = () => {
    const isFar = map.getZoom() < CONTOUR_VALUES_FROM_ZOOM;
    map.getContainer().classList.toggle("far-contours", isFar);
  };
  map.on("zoomend", fit);
  fit();
  coded.levels.forEach(({ level, lines }, i) => {
    if (!lines.length) return;
    drawLines(lines, "contour-line").addTo(map);
    if ((coded.levels.length - 1 - i) % 2 === 0) labelContours(level, lines);
  });
}

/* The value of a level stands on its longest lines, where each is furthest north. */
function labelContours(level, lines) {
  const longest = [...lines].sort((a, b) => b.length - a.length).slice(0, LABELS_A_LEVEL);
  for (const line of longest) {
    const top = decodeLine(line).reduce((a, b) => (b[0] > a[0] ? b : a));
    textMarker(top, level.toLocaleString("en-US"), "contour-value").addTo(map);
  }
}

function districts(drawn, coded) {
  drawLines(coded.lines, "district-line").addTo(map);
  zoneEdge.bringToFront();
}

globalThis.leadMap = { start, cells, contours, districts, viewBox: null };
