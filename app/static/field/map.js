/** The map: the zone, where the tablet is, the place that was checked. Loaded after the verdict. */

import { metres } from "./verdict.js";

const VENDOR = [
  "/static/vendor/leaflet-1.9.4/leaflet.js",
  "/static/vendor/protomaps-leaflet-5.1.0/protomaps-leaflet.js",
];
const STREETS = "/maps/basemap.pmtiles";
const CLOSE_ZOOM = 17;

function script(src) {
  return new Promise((resolve, reject) => {
    const element = Object.assign(document.createElement("script"), { src });
    element.onload = resolve;
    element.onerror = () => reject(new Error(`${src} did not load`));
    document.head.append(element);
  });
}

function currentTheme() {
  const theme = document.documentElement.dataset.theme;
  return ["night", "red"].includes(theme) ? theme : "light";
}

function flip(ring) {
  return ring.map(([lon, lat]) => [lat, lon]);
}

function outlines(geometry) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return polygons.flatMap((rings) => rings.map(flip));
}

class FieldMap {
  constructor(element, { zone, onTap }) {
    this.map = L.map(element, {
      zoomControl: false, attributionControl: false, minZoom: 11, maxZoom: 19,
      zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, inertia: false,
    });
    this.zone = zone;
    this.map.on("click", ({ latlng }) => onTap({ lat: latlng.lat, lon: latlng.lng }));
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target !== element) return;
      const centre = this.map.getCenter();
      onTap({ lat: centre.lat, lon: centre.lng });
    });
    this.drawZone();
    this.map.createPane("points").style.zIndex = "460";  // over the street names
    this.mark = L.layerGroup().addTo(this.map);
    this.far = L.layerGroup().addTo(this.map);
    this.you = L.layerGroup().addTo(this.map);
    this.map.on("load moveend", () => this.clipBand());
    const picture = { role: "img", "aria-label": "Streets and the zone edge" };
    for (const [name, value] of Object.entries(picture)) this.map.getPane("mapPane").setAttribute(name, value);
  }

  drawZone() {
    this.map.createPane("zone").style.zIndex = "420";
    this.rings = outlines(this.zone);
    const line = (className) =>
      L.polygon(this.rings, { pane: "zone", className, fill: false, interactive: false }).addTo(this.map);
    this.band = line("zone-band");
    line("zone-halo");
    line("zone-line");
  }

  /** The band lies on the inner side of the edge only, so that a corner shows which side is in. */
  clipBand() {
    const band = this.band.getElement();
    if (!band) return;  // the first move is told before anything is drawn
    if (!this.clip) {
      const make = (name) => document.createElementNS("http://www.w3.org/2000/svg", name);
      const holder = make("clipPath");
      holder.id = "zone-inner";
      this.clip = holder.appendChild(make("path"));
      band.ownerSVGElement.append(holder);
      band.setAttribute("clip-path", "url(#zone-inner)");
    }
    this.clip.setAttribute("d", band.getAttribute("d"));
  }

  async drawStreets() {
    const { addBasemap } = await import("/static/maps/basemap.js");
    this.streets = addBasemap(this.map, { url: STREETS, theme: currentTheme(), veil: this.zone });
    new MutationObserver(() => this.streets.setTheme(currentTheme())).observe(document.documentElement, {
      attributes: true, attributeFilter: ["data-theme"],
    });
  }

  addScale(element) {
    const maxWidth = 6 * parseFloat(getComputedStyle(element).fontSize);  // its text must fit into it
    const scale = L.control.scale({ imperial: false, maxWidth }).addTo(this.map);
    element.append(scale.getContainer());
  }

  showYou({ lat, lon, accuracy_m }) {
    this.you.clearLayers();
    L.circle([lat, lon], { radius: accuracy_m, className: "you-ring", interactive: false }).addTo(this.you);
    L.circleMarker([lat, lon], { pane: "points", radius: 10, className: "you-dot", interactive: false }).addTo(this.you);
  }

  /** A place that was typed or tapped; null takes it away. */
  showPlace(point) {
    this.mark.clearLayers();
    if (!point) return;
    const options = { pane: "points", interactive: false, fill: false };
    L.circleMarker([point.lat, point.lon], { ...options, radius: 14, className: "spot-halo" }).addTo(this.mark);
    L.circleMarker([point.lat, point.lon], { ...options, radius: 14, className: "spot" }).addTo(this.mark);
  }

  /** A dotted line from a point outside to the nearest place of the edge, with its length. */
  showFar(point, check) {
    this.far.clearLayers();
    if (!point || check?.status !== "outside") return;
    const here = L.latLng(point.lat, point.lon);
    const edge = this.nearestOnEdge(here);
    for (const className of ["far-halo", "far"]) {
      L.polyline([here, edge], { pane: "zone", className, interactive: false }).addTo(this.far);
    }
    const text = document.createElement("span");
    text.textContent = metres(check.distance_to_boundary_m);
    const icon = L.divIcon({ className: "far-text", html: text, iconSize: [0, 0], iconAnchor: [-12, 8] });
    const middle = L.latLng((here.lat + edge.lat) / 2, (here.lng + edge.lng) / 2);
    L.marker(middle, { pane: "points", icon, interactive: false, keyboard: false }).addTo(this.far);
  }

  nearestOnEdge(here) {
    const zoom = this.map.getMaxZoom();
    const from = this.map.project(here, zoom);
    let best = null;
    for (const ring of this.rings.map((points) => points.map((at) => this.map.project(at, zoom)))) {
      for (let i = 1; i < ring.length; i += 1) {
        const at = L.LineUtil.closestPointOnSegment(from, ring[i - 1], ring[i]);
        if (!best || from.distanceTo(at) < from.distanceTo(best)) best = at;
      }
    }
    return this.map.unproject(best, zoom);
  }

  /** The point and the zone's nearest side, or the whole zone where the point is inside it. */
  frame(point, check) {
    const zone = L.polygon(this.rings).getBounds();
    if (!point) return this.fit(zone);
    const here = L.latLng(point.lat, point.lon);
    if (!check || check.status === "uncertain") return this.fit(here.toBounds(2));
    if (check.status === "inside") return this.fit(zone.extend(here));
    return this.fit(here.toBounds(Math.min(check.distance_to_boundary_m, 4000) * 2.4 + 300));
  }

  /** Kept: the map may be hidden behind a form, and it changes its size with what stands above it. */
  fit(bounds) {
    this.wanted = bounds;
    this.map.fitBounds(bounds, { padding: [16, 16], maxZoom: CLOSE_ZOOM });
    this.framedAt = { centre: this.map.getCenter(), zoom: this.map.getZoom() };
  }
  /** True until the officer moves the map. */
  isAsFramed() {
    const { centre, zoom } = this.framedAt;
    return zoom === this.map.getZoom() && centre.distanceTo(this.map.getCenter()) < 1;
  }

  zoomBy(step) {
    this.map.setZoom(this.map.getZoom() + step);
  }

  resized() {
    if (!this.map.getContainer().offsetWidth) return;
    const isAsFramed = this.isAsFramed();
    this.map.invalidateSize({ animate: false });
    if (isAsFramed) this.fit(this.wanted);
  }
}

/**
 * Make the map in `element`.
 * @param zone GeoJSON Polygon or MultiPolygon, lon/lat
 * @param at {point, answer}: what is looked at first; both may be null
 * @param onTap called with {lat, lon}
 */
export async function makeMap(element, { zone, scale, at, onTap }) {
  for (const src of VENDOR) await script(src);
  const made = new FieldMap(element, { zone, onTap });
  made.frame(at.point, at.answer);
  made.addScale(scale);
  await made.drawStreets();
  new ResizeObserver(() => made.resized()).observe(element);
  return made;
}
