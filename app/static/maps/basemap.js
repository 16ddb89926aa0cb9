/* The base map of every map page: our streets, drawn from one PMTiles file of this host.
 *
 * Needs leaflet.js and protomaps-leaflet.js (globals L and protomapsL) and css/tokens.css before it.
 *
 *   <script defer src=".../vendor/leaflet-1.9.4/leaflet.js"></script>
 *   <script defer src=".../vendor/protomaps-leaflet-5.1.0/protomaps-leaflet.js"></script>
 *
 * As a module:
 *   import { addBasemap } from "/static/maps/basemap.js";
 *   const base = addBasemap(map, { url: "/maps/basemap.pmtiles", theme: "night", veil: zoneGeometry });
 *   base.setTheme("light");        // "light", "night" or "red"
 *   base.setVeil(newZoneGeometry); // null takes the veil away
 *   base.keepClear(boxes);         // L.LatLngBounds where no name may stand, e.g. under numbers
 * For a classic script that runs later (defer): the same function is globalThis.addBasemap.
 *
 * Options
 *   url       address of the PMTiles file; the server must answer Range requests with 206
 *   theme     "light" (default), "night", "red": colours are read from tokens.css
 *   veil      GeoJSON Polygon or MultiPolygon geometry (lon, lat); everything outside it is veiled
 *   edge      like veil, without the veil: streets that run along this line get their name outside it
 *             (where veil is given it is used for this, too)
 *   quiet     true under data: arterials and motorways pale, so that yellow and red belong to the data
 *
 * Streets lie in Leaflet's tile pane, names in a pane of their own over lines and areas (z-index 450).
 */

const FONT = '"Public Sans", system-ui, sans-serif';
const QUIET_MOTORWAY = { light: "#E4DFD2", night: "#4D5C6A", red: "#3F0C06" };
const DATA_MAX_ZOOM = 14;
const ATTRIBUTION = "Streets and areas: City of Baltimore, US Census";

/* Widths in px at 3 m per px (casing, fill), as in the design; 2.2 times that at 1 m per px. */
const CLASSES = [
  { name: "alley", casing: 0, fill: 1, from: 15 },
  { name: "local", casing: 4.6, fill: 3.4, from: 12 },
  { name: "collector", casing: 5.8, fill: 4.5, from: 12 },
  { name: "minor_arterial", casing: 7.2, fill: 5.7, from: 11 },
  { name: "principal", casing: 8.1, fill: 6.4, from: 10 },
  { name: "motorway", casing: 9.5, fill: 7.4, from: 10 },
];
const ZOOM_AT_3_M = 15.3;
const GROWTH_PER_ZOOM = 1.645;

const NAMES = [
  { classes: ["motorway"], size: 13, from: 14, gap: 500 },
  { classes: ["principal"], size: 14, from: 13, gap: 330 },
  { classes: ["minor_arterial"], size: 13.5, from: 14, gap: 320 },
  { classes: ["collector"], size: 13, from: 15, gap: 320 },
  { classes: ["local"], size: 12.5, from: 15, gap: 340 },
];

function widthAt(width) {
  return (zoom) => width * GROWTH_PER_ZOOM ** (zoom - ZOOM_AT_3_M);
}

function readTokens(theme) {
  const probe = document.createElement("span");
  probe.dataset.theme = theme;
  probe.hidden = true;
  document.body.append(probe);
  const style = getComputedStyle(probe);
  const get = (name) => style.getPropertyValue(name).trim();
  const tokens = {
    outside: get("--page"), land: get("--m-land"), water: get("--m-water"), park: get("--m-park"),
    casingSmall: get("--m-case"), casingLarge: get("--m-case2"),
    alley: get("--m-al"), local: get("--m-lo"), collector: get("--m-co"), minor_arterial: get("--m-ma"),
    principal: get("--m-pa"), motorway: get("--m-mw"),
    label: get("--m-lab"), halo: get("--m-halo"), area: get("--m-area"),
    veil: get("--m-out"), veilOpacity: Number(get("--m-out-o")) || 0.2,
  };
  probe.remove();
  return tokens;
}

function paintRules(tokens, theme, quiet) {
  const { PolygonSymbolizer, LineSymbolizer } = protomapsL;
  const area = (dataLayer, fill) => ({ dataLayer, symbolizer: new PolygonSymbolizer({ fill }) });
  const rules = [area("earth", tokens.land), area("landuse", tokens.park), area("water", tokens.water)];
  const fills = { ...tokens };
  if (quiet) {
    fills.principal = tokens.minor_arterial;
    fills.motorway = QUIET_MOTORWAY[theme];
  }
  const line = (road, color, width) => ({
    dataLayer: "roads",
    minzoom: road.from,
    filter: (zoom, feature) => feature.props.class === road.name,
    symbolizer: new LineSymbolizer({ color, width: widthAt(width), lineCap: "round", lineJoin: "round" }),
  });
  for (const road of CLASSES) {
    if (!road.casing) continue;
    const isLarge = road.name === "principal" || road.name === "motorway";
    rules.push(line(road, isLarge && !quiet ? tokens.casingLarge : tokens.casingSmall, road.casing));
  }
  for (const road of CLASSES) rules.push(line(road, fills[road.name], road.fill));
  return rules;
}

/* The straightest runs of a line: [start, end] pairs that bend less than about 10 degrees. */
function straightRuns(points) {
  const runs = [];
  let first = 0;
  for (let i = 1; i < points.length; i += 1) {
    const chord = Math.atan2(points[i].y - points[first].y, points[i].x - points[first].x);
    const step = Math.atan2(points[i].y - points[i - 1].y, points[i].x - points[i - 1].x);
    const bend = Math.abs(Math.atan2(Math.sin(step - chord), Math.cos(step - chord)));
    if (bend > 0.17 && i - first > 1) {
      runs.push([points[first], points[i - 1]]);
      first = i - 1;
    }
  }
  if (points.length > 1) runs.push([points[first], points[points.length - 1]]);
  return runs;
}

/* Outline rings in world pixels of one zoom, to find streets that run along the outline. */
function ringsInPixels(geometry, zoom) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const project = ([lon, lat]) => L.CRS.EPSG3857.latLngToPoint(L.latLng(lat, lon), zoom);
  return polygons.flatMap((rings) => rings.map((ring) => ring.map(project)));
}

function nearestOnRings(rings, point) {
  let best = { distance: Infinity, at: null };
  for (const ring of rings) {
    for (let i = 1; i < ring.length; i += 1) {
      const at = L.LineUtil.closestPointOnSegment(point, ring[i - 1], ring[i]);
      const distance = Math.hypot(at.x - point.x, at.y - point.y);
      if (distance < best.distance) best = { distance, at };
    }
  }
  return best;
}

function isInRings(rings, point) {
  let inside = false;
  for (const ring of rings) {
    for (let i = 1; i < ring.length; i += 1) {
      const a = ring[i - 1];
      const b = ring[i];
      if (a.y > point.y !== b.y > point.y) {
        if (point.x < ((b.x - a.x) * (point.y - a.y)) / (b.y - a.y) + a.x) inside = !inside;
      }
    }
  }
  return inside;
}

/* Names set along streets: from left to right, near-vertical ones from the bottom up. */
class StreetNames {
  constructor(spec, tokens, edge, clear) {
    this.spec = spec;
    this.clear = clear;
    this.tokens = tokens;
    this.edge = edge;
    this.font = `600 ${spec.size}px ${FONT}`;
    this.rings = new Map();
  }

  edgeRings(zoom) {
    if (!this.edge) return [];
    if (!this.rings.has(zoom)) this.rings.set(zoom, ringsInPixels(this.edge, zoom));
    return this.rings.get(zoom);
  }

  /* How far, and to which side, a name must move so that it stands just outside the outline. */
  shiftOutside(zoom, middle, normal) {
    const rings = this.edgeRings(zoom);
    const reach = 14 + 4 * GROWTH_PER_ZOOM ** (zoom - ZOOM_AT_3_M);
    if (!rings.length || nearestOnRings(rings, middle).distance > reach) return 0;
    const step = this.spec.size * 0.5 + 8;
    const probe = (side) => ({ x: middle.x + normal.x * side * 2 * step, y: middle.y + normal.y * side * 2 * step });
    const sides = [1, -1].filter((side) => !isInRings(rings, probe(side)));
    if (sides.length !== 1) return 0;
    const [side] = sides;
    const gap = nearestOnRings(rings, middle).distance;
    return side * (isInRings(rings, middle) ? step + gap : Math.max(0, step - gap));
  }

  place(layout, geometry, feature) {
    const name = feature.props.name;
    if (!name) return undefined;
    layout.scratch.font = this.font;
    const width = layout.scratch.measureText(name).width;
    const labels = [];
    for (const line of geometry) {
      for (const [start, end] of straightRuns(line)) {
        const length = Math.hypot(end.x - start.x, end.y - start.y);
        if (length < width + 16) continue;
        const count = Math.max(1, Math.floor(length / this.spec.gap));
        for (let i = 0; i < count; i += 1) {
          const label = this.labelAt(layout.zoom, name, width, start, end, (i + 0.5) / count);
          if (!touchesAny(label.bboxes, this.clear.at(layout.zoom))) labels.push(label);
        }
      }
    }
    return labels.length ? labels : undefined;
  }

  labelAt(zoom, name, width, start, end, share) {
    let angle = Math.atan2(end.y - start.y, end.x - start.x);
    if (angle > 1.48 || angle <= -1.66) angle += angle > 0 ? -Math.PI : Math.PI;
    const along = { x: Math.cos(angle), y: Math.sin(angle) };
    const normal = { x: -along.y, y: along.x };
    const anchor = start.clone();
    anchor.x += (end.x - start.x) * share;
    anchor.y += (end.y - start.y) * share;
    const shift = this.shiftOutside(zoom, anchor, normal);
    anchor.x += normal.x * shift;
    anchor.y += normal.y * shift;
    return {
      anchor,
      bboxes: this.boxes(anchor, along, width),
      draw: (context) => this.draw(context, name, angle),
      deduplicationKey: name,
      deduplicationDistance: this.spec.gap * 0.8,
    };
  }

  boxes(anchor, along, width) {
    const half = this.spec.size * 0.62;
    const steps = Math.max(1, Math.ceil(width / (2 * half)));
    return Array.from({ length: steps }, (_, i) => {
      const offset = ((i + 0.5) / steps - 0.5) * width;
      const x = anchor.x + along.x * offset;
      const y = anchor.y + along.y * offset;
      return { minX: x - half - 2, minY: y - half - 2, maxX: x + half + 2, maxY: y + half + 2 };
    });
  }

  draw(context, name, angle) {
    context.rotate(angle);
    drawText(context, name, 0, 0, this.font, this.tokens.label, this.tokens.halo);
  }
}

function drawText(context, text, x, y, font, fill, halo) {
  context.globalAlpha = 1;
  context.font = font;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3.4;
  context.strokeStyle = halo;
  context.strokeText(text, x, y);
  context.fillStyle = fill;
  context.fillText(text, x, y);
}

/* Names of neighbourhoods, upright, broken into lines of about 14 letters. */
class PlaceNames {
  constructor(tokens, clear) {
    this.tokens = tokens;
    this.clear = clear;
    this.size = 13;
    this.font = `700 ${this.size}px ${FONT}`;
  }

  place(layout, geometry, feature) {
    const lines = breakLines(feature.props.name || "");
    layout.scratch.font = this.font;
    const half = Math.max(...lines.map((line) => layout.scratch.measureText(line).width)) / 2 + 4;
    const high = (lines.length * this.size * 1.2) / 2 + 3;
    const anchor = geometry[0][0];
    const box = { minX: anchor.x - half, minY: anchor.y - high, maxX: anchor.x + half, maxY: anchor.y + high };
    if (touchesAny([box], this.clear.at(layout.zoom))) return undefined;
    return [{
      anchor,
      bboxes: [box],
      deduplicationKey: feature.props.name,
      deduplicationDistance: 40,
      draw: (context) => lines.forEach((line, i) => {
        const y = (i - (lines.length - 1) / 2) * this.size * 1.2;
        drawText(context, line, 0, y, this.font, this.tokens.area, this.tokens.halo);
      }),
    }];
  }
}

function breakLines(name) {
  const lines = [];
  for (const word of name.split(" ")) {
    const last = lines.length - 1;
    if (last >= 0 && lines[last].length + word.length < 14) lines[last] += ` ${word}`;
    else lines.push(word);
  }
  return lines;
}

/* Boxes that stay free of names, in world pixels of one zoom. */
class ClearBoxes {
  constructor(bounds) {
    this.bounds = bounds;
    this.byZoom = new Map();
  }

  at(zoom) {
    if (!this.byZoom.has(zoom)) {
      this.byZoom.set(zoom, this.bounds.map((bounds) => {
        const a = L.CRS.EPSG3857.latLngToPoint(bounds.getNorthWest(), zoom);
        const b = L.CRS.EPSG3857.latLngToPoint(bounds.getSouthEast(), zoom);
        return { minX: a.x, minY: a.y, maxX: b.x, maxY: b.y };
      }));
    }
    return this.byZoom.get(zoom);
  }
}

function touchesAny(boxes, others) {
  return boxes.some((a) => others.some(
    (b) => a.minX < b.maxX && a.maxX > b.minX && a.minY < b.maxY && a.maxY > b.minY,
  ));
}

function labelRules(tokens, edge, clear) {
  const rules = NAMES.map((spec) => ({
    dataLayer: "roads",
    minzoom: spec.from,
    filter: (zoom, feature) => spec.classes.includes(feature.props.class),
    symbolizer: new StreetNames(spec, tokens, edge, clear),
  }));
  const places = { dataLayer: "places", minzoom: 13, maxzoom: 17, symbolizer: new PlaceNames(tokens, clear) };
  return [rules[1], places, ...rules.filter((rule, i) => i !== 1)];
}

/* The whole world with the outline as holes, drawn as one polygon. */
function veilPolygon(geometry, tokens) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const flip = (ring) => ring.map(([lon, lat]) => [lat, lon]);
  const world = [[-80, -179], [-80, 179], [80, 179], [80, -179]];
  return L.polygon([world, ...polygons.map((rings) => flip(rings[0]))], {
    pane: "basemap-veil", stroke: false, interactive: false,
    fillColor: tokens.veil, fillOpacity: tokens.veilOpacity,
  });
}

function makePane(map, name, zIndex) {
  const pane = map.getPane(name) || map.createPane(name);
  pane.style.zIndex = String(zIndex);
  pane.style.pointerEvents = "none";
}

export function addBasemap(map, { url, theme = "light", veil = null, edge = null, quiet = false } = {}) {
  makePane(map, "basemap-veil", 250);
  makePane(map, "basemap-names", 450);
  let outline = veil;
  let tokens = readTokens(theme);
  let veilLayer = null;
  let clear = new ClearBoxes([]);
  const fonts = [document.fonts.load(`600 13px ${FONT}`), document.fonts.load(`700 13px ${FONT}`)];
  const shared = { url, maxDataZoom: DATA_MAX_ZOOM, maxZoom: 19, tasks: fonts, noWrap: true };
  const streets = protomapsL.leafletLayer({ ...shared, attribution: ATTRIBUTION });
  const names = protomapsL.leafletLayer({ ...shared, attribution: "", pane: "basemap-names" });
  names.views = streets.views;  // one reader of the file for both
  // Chromium's cache loses ranges of one file that are asked for at once while others are given up
  // ("Failed to fetch"); the reader's own switch for that goes past the cache.
  for (const view of streets.views.values()) view.tileCache.source.p.source.chromeWindowsNoCache = true;

  function apply() {
    streets.backgroundColor = tokens.outside;
    streets.paintRules = paintRules(tokens, theme, quiet);
    names.labelRules = labelRules(tokens, outline || edge, clear);
    names.clearLayout();
    if (veilLayer) veilLayer.remove();
    veilLayer = outline ? veilPolygon(outline, tokens).addTo(map) : null;
  }

  function redraw() {
    apply();
    streets.rerenderTiles();
    names.rerenderTiles();
  }

  apply();
  if (map.attributionControl) map.attributionControl.setPrefix(false);
  streets.addTo(map);
  names.addTo(map);
  return {
    layers: [streets, names],
    setTheme(next) {
      theme = next;
      tokens = readTokens(next);
      redraw();
    },
    setVeil(geometry) {
      outline = geometry;
      redraw();
    },
    keepClear(bounds) {
      clear = new ClearBoxes(bounds);
      redraw();
    },
  };
}

globalThis.addBasemap = addBasemap;
