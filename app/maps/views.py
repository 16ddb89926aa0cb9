"""The map room: the page, what its map is made of, its files, and the base map."""

from flask import Blueprint, Response, send_file
from flask.typing import ResponseReturnValue

from app.accounts.access import public
from app.maps import basemap
from app.web.context import lead

BASEMAP_SECONDS = 7 * 24 * 3600

blueprint = Blueprint("maps", __name__, url_prefix="/maps")


@blueprint.get("/basemap.pmtiles")
@public
def basemap_file() -> ResponseReturnValue:
    """The base map, whole or by Range (206). Public streets only, so anybody may keep it."""
    answer: Response = send_file(
        lead().settings.data_dir / basemap.FILE_NAME,
        mimetype="application/vnd.pmtiles",
        conditional=True,
        max_age=BASEMAP_SECONDS,
    )
    answer.headers["Cache-Control"] = f"public, max-age={BASEMAP_SECONDS}"
    return answer
