"""Referrals over HTTP: send one, read one, list them, see how one moved."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response, request
from flask_smorest import Blueprint

from app.accounts.access import allows, current_actor
from app.accounts.roles import SCOPE_ROLES, Scope
from app.db import reading, unit_of_work
from app.errors import InvalidInput, Unreadable
from app.filters import FILTER_NAMES, InvalidFilter, RecordFilter
from app.referrals import schemas, service
from app.web.api import API_PREFIX, ProblemSchema
from app.web.context import lead, utc_now
from app.web.errors import PROBLEM
from app.web.json import strict_loads

api_blueprint = Blueprint(
    "referrals",
    __name__,
    url_prefix=f"{API_PREFIX}/referrals",
    description="An officer offers LEAD to a person.",
)

WRITERS = SCOPE_ROLES[Scope.REFERRALS_WRITE]
READERS = SCOPE_ROLES[Scope.REFERRALS_READ]
PAGING = ("page", "page_size")
LIST_QUERY = (*PAGING, "receipt")
UUID_PARAMETER = [
    {"in": "path", "name": "referral_uuid", "schema": {"type": "string", "format": "uuid"}}
]
REFUSED: dict[str, Any] = {"schema": ProblemSchema, "content_type": PROBLEM}
FILTERS = [name for name in FILTER_NAMES if name not in ("exposure", "cell_m", "location_quality")]


class InvalidUuid(InvalidInput):
    """The address does not end in a uuid."""

    code = "invalid_uuid"


Answer = tuple[dict[str, Any], int]


def _or_sealed(view: Callable[..., Answer]) -> Callable[[str], Answer]:
    """Take a sealed row too where a view takes a referral in plain JSON."""

    @wraps(view)
    def choose(referral_uuid: str) -> Answer:
        if request.mimetype == schemas.SEALED_ROW:
            return _record_sealed(referral_uuid)
        return view(referral_uuid=referral_uuid)

    return choose


@api_blueprint.route("/<referral_uuid>", methods=["PUT"], parameters=UUID_PARAMETER)
@api_blueprint.response(201, schemas.ReceiptAnswer, description="Recorded.")
@api_blueprint.alt_response(
    200, schema=schemas.ReceiptAnswer, description="It was recorded before; the same receipt."
)
@api_blueprint.doc(requestBody=schemas.SEALED_BODY)
@_or_sealed
@api_blueprint.arguments(schemas.ReferralBody)
@allows(*WRITERS, scope=Scope.REFERRALS_WRITE)
def put_referral(content: service.ReferralContent, referral_uuid: str) -> Answer:
    """Record a referral exactly once; sending it again gives the same receipt."""
    with unit_of_work() as session:
        recorded = service.record(
            session, _parse_uuid(referral_uuid), content, actor=current_actor(), now=utc_now()
        )
    return _receipt(recorded)


def _record_sealed(referral_uuid: str) -> Answer:
    """Open a sealed row before the writers' queue, then record it for its author."""
    found_uuid = _parse_uuid(referral_uuid)
    with reading() as session:
        inside = service.open_row(session, request.get_data())
    try:
        members = strict_loads(inside)
    except ValueError as error:
        raise Unreadable("What was sealed is not JSON that can be read.") from error
    row = schemas.SealedReferralBody().load(members)
    with unit_of_work() as session:
        recorded = service.record_sealed(
            session, found_uuid, row, sender=current_actor(), now=utc_now()
        )
    return _receipt(recorded)


def _receipt(recorded: service.Recorded) -> Answer:
    receipt = recorded.receipt
    answer = {
        "receipt_number": receipt.receipt_number,
        "status": receipt.status,
        "zone_check": receipt.zone_check,
        "screening": service.screening_json(receipt.screening),
    }
    return answer, 201 if recorded.created else 200


@api_blueprint.route("/<referral_uuid>", parameters=UUID_PARAMETER)
@api_blueprint.response(200, schemas.ReferralAnswer)
@allows(*READERS, scope=Scope.REFERRALS_READ)
def get_referral(referral_uuid: str) -> Response:
    """One referral, as far as the caller's role may see it, with an ETag over what is shown."""
    with unit_of_work() as session:  # the look is audited
        view = service.get_for(
            session, _parse_uuid(referral_uuid), actor=current_actor(), now=utc_now()
        )
    return _shown(view)


@api_blueprint.route("")
@api_blueprint.response(200, schemas.ReferralListAnswer)
@api_blueprint.doc(
    parameters=[
        {"in": "query", "name": name, "schema": schema}
        for schema, names in (
            ({"type": "integer", "minimum": 1}, PAGING),
            ({"type": "string"}, ["receipt", *FILTERS]),
        )
        for name in names
    ]
)
@allows(*READERS, scope=Scope.REFERRALS_READ)
def list_referrals() -> Response:
    """The referrals the caller may see, newest first, without names, with an ETag.

    `receipt` leaves the caller's own referral of that number, in capitals or not, with I or L for
    1 and O for 0.
    """
    record_filter = RecordFilter.parse(request.args)
    unknown = sorted(set(record_filter.extra) - set(LIST_QUERY))
    if unknown:
        sentence = f"There is no such filter. Known: {', '.join([*LIST_QUERY, *FILTERS])}."
        raise InvalidFilter(sentence, errors={name: [sentence] for name in unknown})
    query = schemas.ReferralListQuery().load(
        {name: record_filter.extra[name] for name in LIST_QUERY if name in record_filter.extra}
    )
    with reading() as session:
        found = service.list_for(session, record_filter, actor=current_actor(), **query)
    return _shown(asdict(found))


@api_blueprint.route("/<referral_uuid>/withdrawal", methods=["POST"], parameters=UUID_PARAMETER)
@api_blueprint.arguments(schemas.WithdrawalBody)
@api_blueprint.response(200, schemas.WithdrawalAnswer, description="Withdrawn, now or before.")
@api_blueprint.alt_response(
    404, **REFUSED, description="There is no such referral, or it is another's."
)
@api_blueprint.alt_response(
    409,
    **REFUSED,
    description="`not_from_here`: the hand-off or the State's Attorney's review came first. "
    "`different_content`: it was withdrawn already, for another reason.",
)
@allows(*WRITERS, scope=Scope.REFERRALS_WRITE)
def withdraw_referral(body: dict[str, Any], referral_uuid: str) -> dict[str, Any]:
    """Take one's own referral back before the hand-off and the review; repeating it is harmless."""
    with unit_of_work() as session:
        withdrawn = service.withdraw(
            session,
            _parse_uuid(referral_uuid),
            reason=body["reason"],
            actor=current_actor(),
            now=utc_now(),
        )
    return asdict(withdrawn)


@api_blueprint.route("/<referral_uuid>/corrections", methods=["POST"], parameters=UUID_PARAMETER)
@api_blueprint.arguments(schemas.CorrectionBody)
@api_blueprint.response(200, schemas.CorrectionAnswer, description="Corrected, now or before.")
@api_blueprint.alt_response(
    404, **REFUSED, description="There is no such referral, or it is another's."
)
@api_blueprint.alt_response(
    409,
    **REFUSED,
    description="`not_from_here`: the hand-off or the State's Attorney's review came first. "
    "`different_content`: the `correction_id` was used for another correction.",
)
@allows(*WRITERS, scope=Scope.REFERRALS_WRITE)
def correct_referral(correction: tuple[UUID, dict[str, Any]], referral_uuid: str) -> dict[str, Any]:
    """Put right what one's own referral says, as a record beside it; the referral itself stays."""
    correction_id, members = correction
    with unit_of_work() as session:
        corrected = service.correct(
            session,
            _parse_uuid(referral_uuid),
            correction_id,
            members,
            actor=current_actor(),
            now=utc_now(),
        )
    return asdict(corrected) | {"screening": service.screening_json(corrected.screening)}


@api_blueprint.route("/<referral_uuid>/history", parameters=UUID_PARAMETER)
@api_blueprint.response(200, schemas.ReferralHistoryAnswer)
@allows(*READERS, scope=Scope.REFERRALS_READ)
def get_history(referral_uuid: str) -> Response:
    """How the referral's states moved, oldest first, as far as the caller's role may see."""
    with reading() as session:
        moves = service.history_for(session, _parse_uuid(referral_uuid), actor=current_actor())
    return _shown({"items": moves})


def _shown(view: dict[str, Any]) -> Response:
    """What the caller may see, with an ETag over exactly that; 304 to who has it already."""
    body = json.dumps(_at_site(view, lead().settings.site_zone)).encode()
    response = Response(body, content_type="application/json")
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.headers["Cache-Control"] = "no-store"
    response.make_conditional(request)
    return response


def _parse_uuid(text: str) -> UUID:
    try:
        found = UUID(text)
    except ValueError:
        found = None
    if found is None or str(found) != text.lower():
        sentence = "Send a uuid like 3f2b8c1e-9d4a-4e6b-8f70-2a1c5d9e7b34."
        raise InvalidUuid(sentence, errors={"uuid": [sentence]})
    return found


def _at_site(value: Any, site_zone: ZoneInfo) -> Any:
    """The same JSON-ready value with instants as text in the site's time zone."""
    if isinstance(value, datetime):
        return value.astimezone(site_zone).isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, dict):
        return {name: _at_site(inner, site_zone) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_at_site(inner, site_zone) for inner in value]
    return value
