"""The map taken apart: nothing from other hosts, nothing inline, no text that could run."""

import json
import re

import folium
import pytest
import shapely

from app.maps import render
from app.maps.render import MapContent, Picture, split_map

ZONE = shapely.box(-76.63, 39.28, -76.61, 39.29)
VIEW = (-76.64, 39.27, -76.60, 39.30)
HOSTILE = "</script><script>alert(1)</script><b onclick=x>`${alert(1)}' \" \u2028"


def content(**changes) -> MapContent:
    given = {"basemap_url": "/maps/basemap.pmtiles", "zone": ZONE, "view": VIEW, "city": VIEW}
    return MapContent(**(given | changes))


def data_of(script: str, function: str):
    """What the script hands to one of our functions."""
    found = re.search(rf"leadMap\.{function}\([a-z_, ]*?(\{{.*\}})\);", script)
    assert found, function
    return json.loads(found[1])


def test_the_script_and_style_name_no_other_host():
    split = split_map(content(picture=Picture("/maps/density.png?x=1", VIEW)))

    everything = "".join([split.script, split.style, split.body, *split.scripts])
    assert "//" not in everything.replace("\n//", "")
    assert split.scripts == ("leaflet-1.9.4/leaflet.js",)
    assert split.stylesheets == ("leaflet-1.9.4/leaflet.css",)


def test_every_link_of_folium_is_in_the_manifest():
    links = {url for _, url in [*folium.Map.default_js, *folium.Map.default_css]}

    assert links <= render.vendored_links().keys()


def test_vendored_files_of_the_manifest_are_there():
    files = [local for local in render.vendored_links().values() if local]

    assert files
    assert all((render.VENDOR_DIR / local).is_file() for local in files)


def test_an_address_that_is_not_vendored_is_an_error(monkeypatch: pytest.MonkeyPatch):
    links = [*folium.Map.default_js, ("new", "https://elsewhere.invalid/new.js")]
    monkeypatch.setattr(folium.Map, "default_js", links)

    with pytest.raises(render.UnknownLink, match="elsewhere"):
        split_map(content())


@pytest.mark.parametrize(
    "body",
    [
        "<div><script>1</script></div>",
        '<div style="color:red"></div>',
        "<div\nonclick=x></div>",
        "<STYLE>a{}</STYLE>",
    ],
)
def test_markup_with_script_or_style_is_refused(body: str):
    with pytest.raises(render.NotPlainMarkup):
        render._require_plain(body)


def test_the_page_gets_a_bare_element_with_a_fixed_name():
    assert split_map(content()).body == '<div class="folium-map" id="map_lead" ></div>'


def test_text_in_the_data_cannot_leave_its_string():
    split = split_map(content(cells={"note": HOSTILE}))

    assert "<" not in split.script
    assert data_of(split.script, "cells") == {"note": HOSTILE}


def test_leaflet_gets_latitude_first_and_geojson_longitude_first():
    split = split_map(content())

    assert data_of(split.script, "start")["view"] == [[39.27, -76.64], [39.30, -76.60]]
    assert "[-76.61, 39.28]" in split.script


def test_the_same_map_gives_the_same_script():
    assert split_map(content(cells={"a": 1})) == split_map(content(cells={"a": 1}))


def test_styles_are_only_those_of_the_map():
    assert re.findall(r"^[^{]+", split_map(content()).style, re.MULTILINE) == [
        "#map_lead ",
        ".leaflet-container ",
    ]


def test_layers_are_drawn_from_the_ground_up():
    script = split_map(
        content(
            picture=Picture("/maps/density.png", VIEW),
            contours={"levels": []},
            cells={},
            district_lines=[[1, 2, 3, 4]],
        )
    ).script

    order = ["leadMap.start(", "L.imageOverlay(", "leadMap.contours(", "leadMap.districts("]
    places = [script.index(word) for word in order]
    assert places == sorted(places)
    assert data_of(script, "districts") == {"lines": [[1, 2, 3, 4]]}
