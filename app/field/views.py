"""The officer's page. It holds no data of its own: its script asks the API."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.accounts.access import allows
from app.accounts.roles import Role
from app.db import reading
from app.field import words
from app.field.rules import outside_note
from app.geo.coords import SERVICE_AREA
from app.screening import service as screening
from app.web.context import lead, utc_now

blueprint = Blueprint("field", __name__)


@blueprint.get("/field")
@allows(Role.OFFICER, Role.SERGEANT)
def page() -> ResponseReturnValue:
    """The zone verdict, the two forms, the receipt and the officer's own referrals."""
    return render_template(
        "field/page.html",
        words=words,
        kinds=words.KINDS,
        outside_note=_outside_note(),
        service_area=SERVICE_AREA,
        time_zone=lead().settings.site_time_zone,
    )


def _outside_note() -> str:
    with reading() as session:
        in_force = screening.find_criteria_in_force(session, utc_now())
    if in_force is None:
        return ""
    criteria = in_force.criteria
    return outside_note(criteria.location_rule, effective_from=criteria.effective_from)
