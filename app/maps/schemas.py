"""The map calls as OpenAPI describes them."""

from typing import Any

_WORD = {"type": "string"}
_DATE = {"type": "string", "format": "date"}
_HOUR = {"type": "integer", "minimum": 0, "maximum": 23}

_FILTERS: dict[str, tuple[dict[str, Any], str]] = {
    "from": (_DATE, "First day, included. Personal sets widen to whole months, at least three."),
    "to": (_DATE, "Last day, included."),
    "kind": (_WORD, "arrest_diversion or social_contact; several with commas."),
    "offence_category": (_WORD, "Categories of the set; several with commas."),
    "district": (_WORD, "Official number; several with commas."),
    "district_set": (
        {"type": "string", "enum": ["1959", "2023"]},
        "Districts of that year instead of those in force at each record's date.",
    ),
    "zone_status": (_WORD, "inside, outside or uncertain; several with commas."),
    "status": (_WORD, "Status words as the caller's role sees them; several with commas."),
    "dataset": (_WORD, "referrals (default) or the name of an imported set."),
    "weekday": (_WORD, "1 (Monday) to 7 or mon to sun; public-record sets only."),
    "hour_from": (_HOUR, "First hour, included; public-record sets only."),
    "hour_to": (_HOUR, "Last hour, included; public-record sets only."),
    "bbox": (_WORD, "west,south,east,north in degrees; crops what is drawn, counts stay."),
    "exposure": (_WORD, "area (default), street_length, population, or the name of a set."),
    "cell_m": (
        {"type": "integer", "minimum": 100, "maximum": 5000, "default": 250},
        "Side of the cells, metres; personal sets use 250, 500 or 1000.",
    ),
    "location_quality": (
        {"type": "string", "enum": ["all"]},
        "all: also rows flagged at import that have coordinates.",
    ),
}

FILTER_PARAMETERS: list[dict[str, Any]] = [
    {"in": "query", "name": name, "required": False, "schema": schema, "description": words}
    for name, (schema, words) in _FILTERS.items()
]

LAYER_RESPONSES: dict[int, dict[str, Any]] = {
    200: {
        "description": "A FeatureCollection with a `metadata` member.",
        "content": {"application/geo+json": {"schema": {"type": "object"}}},
    },
    304: {"description": "The layer is as the ETag names it."},
}
FILE_RESPONSES: dict[int, dict[str, Any]] = {
    200: {
        "description": "The layer as a file.",
        "content": {
            media_type: {"schema": {"type": "string", "format": "binary"}}
            for media_type in (
                "application/geo+json",
                "text/csv",
                "application/geopackage+sqlite3",
                "image/png",
                "text/html",
            )
        },
    },
    304: {"description": "The layer is as the ETag names it."},
}
