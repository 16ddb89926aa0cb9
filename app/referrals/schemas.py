"""What a referral looks like over HTTP; the OpenAPI document is made from these.

Every member is checked and none is dropped: a member that is not named here is refused, so that an
officer never believes something was kept that was not.
"""

from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from app.referrals import service
from app.web.schemas import (
    Day,
    Instant,
    PlainSchema,
    RefusingSchema,
    StrictBoolean,
    StrictInteger,
    StrictNumber,
    Text,
    Word,
)

MAX_GRAMS: Final = 100_000
SEALED_ROW: Final = "application/jose"
SEALED_BODY: Final = {
    "content": {
        SEALED_ROW: {
            "schema": {
                "type": "string",
                "description": "Compact JWE (RFC 7516): ECDH-ES and A256GCM to a key of "
                "/keys/outbox, its `kid` in the header, not compressed. Inside: the same JSON, "
                "with `author` (the id of the officer whose referral it is, as text), "
                "`device_time` (RFC 3339, by the tablet's clock) and `shift_ticket` (as the "
                "officer's page was given it). The record is the author's, whoever sends it.",
            }
        }
    }
}
"""What the OpenAPI document says of it beside the plain JSON."""


def _optional(**more: Any) -> dict[str, Any]:
    return {"load_default": None, "allow_none": True, **more}


def _note(text: str) -> dict[str, str]:
    return {"description": text}


def _is_age_band(text: str) -> None:
    try:
        service.age_bounds(text)
    except ValueError as error:
        raise ValidationError(str(error)) from error


class ReceiptNumber(fields.String):
    """A receipt number, however it was read aloud or typed."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **options)
        try:
            return service.normal_receipt(text)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class ReferralPersonBody(PlainSchema):
    """Who the referral is for. Every member may be left out."""

    family_name = Text(100, **_optional())
    given_name = Text(100, **_optional())
    birth_date = Day(**_optional())
    age_band = fields.String(
        validate=_is_age_band,
        **_optional(
            metadata=_note("Like 18_24, 18_plus or under_18; unknown. A birth date comes first.")
        ),
    )
    descriptor = Text(300, **_optional())
    contact = Text(200, **_optional())

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> service.Person:
        return service.Person(**data)


class TabletVerdictBody(PlainSchema):
    """The verdict the officer saw on the tablet."""

    status = Word(service.ZONE_STATUSES, required=True)
    zone_version = StrictInteger(validate=validate.Range(min=1, max=1_000_000), **_optional())
    distance_to_boundary_m = StrictNumber(validate=validate.Range(min=0), **_optional())
    checked_at = Instant(**_optional())
    resolved_status = Word(
        service.RESOLVED_STATUSES,
        **_optional(metadata=_note("What the officer decided where it was too close to call.")),
    )
    reason = Text(300, **_optional())

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> service.TabletZoneCheck:
        return service.TabletZoneCheck(**data)


class DrugBody(PlainSchema):
    """What was found."""

    kind = Text(60, **_optional())
    grams = StrictNumber(validate=validate.Range(min=0, max=MAX_GRAMS), **_optional())
    measured = Word(service.MEASURED, **_optional())

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> service.Drug:
        return service.Drug(**data)


class PriorInvolvementBody(PlainSchema):
    """Why the officer thinks of LEAD for this person."""

    basis = Word(service.INVOLVEMENT_BASES, **_optional())
    observed_on = Day(**_optional())
    in_zone = StrictBoolean(**_optional())

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> service.PriorInvolvement:
        return service.PriorInvolvement(**data)


class ReferralDetails(PlainSchema):
    """What a referral may say besides; the same on the way in and out."""

    offence_category = Word(service.CATEGORIES, **_optional())
    concern = Word(service.CATEGORIES, **_optional())
    accuracy_m = StrictNumber(
        validate=validate.Range(min=0),
        **_optional(metadata=_note("Radius of the position's error, metres.")),
    )
    unit = Text(60, **_optional())
    hazards = fields.List(Word(service.HAZARDS), validate=validate.Length(max=20), **_optional())
    overdose_reversal = StrictBoolean(**_optional())
    incident_number = Text(60, **_optional())
    charge_codes = fields.List(Text(60), validate=validate.Length(max=30), **_optional())
    drug = fields.Nested(DrugBody, **_optional())
    handoff_place = Text(200, **_optional())
    custody_released_at = Instant(**_optional())
    prior_involvement = fields.Nested(PriorInvolvementBody, **_optional())
    usually_found = Text(300, **_optional())
    preferred_contact = Text(200, **_optional())


class ReferralMembers(ReferralDetails, RefusingSchema):
    """What a referral says, sent as it is or sealed."""

    kind = Word(service.KINDS, required=True)
    occurred_at = Instant(required=True, metadata=_note("RFC 3339 with an offset."))
    lat = StrictNumber(required=True, metadata=_note("WGS 84 degrees, north positive."))
    lon = StrictNumber(required=True, metadata=_note("WGS 84 degrees, east positive."))
    location_source = Word(service.LOCATION_SOURCES, required=True)
    willing = Word(service.WILLING, required=True)
    person = fields.Nested(
        ReferralPersonBody, required=True, allow_none=True, metadata=_note("null: not given.")
    )
    zone_check = fields.Nested(TabletVerdictBody, **_optional())

    @validates_schema(skip_on_field_errors=False)
    def category_is_given(self, data: dict[str, Any], **_: Any) -> None:
        needed = {"arrest_diversion": "offence_category", "social_contact": "concern"}
        field = needed.get(data.get("kind", ""))
        if field and data.get(field) is None:
            raise ValidationError(f"A referral of this kind needs {field}.", field)


class ReferralBody(ReferralMembers):
    """One referral. An arrest needs `offence_category`, a social contact `concern`."""

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> service.ReferralContent:
        return _content(data)


class SealedReferralBody(ReferralMembers):
    """One referral inside the seal of a tablet, with whose it is."""

    author = fields.String(validate=validate.Length(max=100), **_optional())
    device_time = Instant(required=True)
    shift_ticket = fields.String(validate=validate.Length(max=1000), **_optional())

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> service.SealedReferral:
        label = {name: data.pop(name) for name in ("author", "device_time", "shift_ticket")}
        return service.SealedReferral(content=_content(data), **label)


def _content(data: dict[str, Any]) -> service.ReferralContent:
    lists = {name: tuple(data[name] or ()) for name in ("hazards", "charge_codes")}
    return service.ReferralContent(**{**data, **lists})


class OutboxKeyMember(Schema):
    """The public part of an EC P-256 key pair (RFC 7517)."""

    kty = fields.String()
    crv = fields.String()
    x = fields.String()
    y = fields.String()
    kid = fields.String(metadata=_note("Name it in the header of what is sealed to this key."))
    use = fields.String()
    alg = fields.String()


class OutboxKeysAnswer(Schema):
    """A JWK Set."""

    keys = fields.List(fields.Nested(OutboxKeyMember))


class ReceiptZoneMember(Schema):
    """The version that gave the verdict."""

    id = fields.Integer()
    name = fields.String()
    version = fields.Integer()
    effective_from = fields.String(metadata={"format": "date-time"})


class ReceiptZoneVerdict(Schema):
    """The server's own verdict for the time it happened."""

    status = fields.String(validate=validate.OneOf(service.ZONE_STATUSES))
    distance_to_boundary_m = fields.Float()
    nearest_street = fields.String(allow_none=True)
    lat = fields.Float()
    lon = fields.Float()
    accuracy_m = fields.Float(allow_none=True)
    zone = fields.Nested(ReceiptZoneMember)
    checked_at = fields.String(metadata={"format": "date-time"})


class ScreeningReason(Schema):
    """Why the outcome is what it is."""

    code = fields.String()
    text = fields.String()
    source = fields.String()


class ScreeningMember(Schema):
    """The officer-level outcome; it is never more than `appears_eligible`."""

    outcome = fields.String(
        metadata={"enum": ["appears_eligible", "needs_verification", "ineligible"]}
    )
    criteria_version = fields.String()
    reasons = fields.List(fields.Nested(ScreeningReason))


class ReceiptAnswer(Schema):
    """The same each time the referral is sent, but for today's `status`."""

    receipt_number = fields.String()
    status = fields.String()
    zone_check = fields.Nested(ReceiptZoneVerdict)
    screening = fields.Nested(ScreeningMember)


class WithdrawalBody(RefusingSchema):
    """Why the officer takes the referral back, if they say."""

    reason = Word(service.WITHDRAWAL_REASONS, **_optional())


class WithdrawalAnswer(Schema):
    """The same each time, but for the referral's status today."""

    receipt_number = fields.String()
    status = fields.String(metadata=_note("`not_proceeding`."))


class CorrectionBody(ReferralBody):
    """Members that say something else now; those left out stay, and null takes one away.

    The same rules hold as for a referral. An object replaces the whole object. `lat`, `lon` and
    `location_source` come together, with the new `accuracy_m` and `zone_check` if there are any.
    """

    class Meta:
        exclude = ("kind",)

    correction_id = fields.UUID(
        required=True,
        error_messages={"invalid_uuid": "Send a uuid like 3f2b8c1e-9d4a-4e6b-8f70-2a1c5d9e7b34."},
        metadata=_note("Made by the client; a repeat of the same is harmless."),
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"partial": tuple(ReferralBody().fields), **options})

    @validates_schema(skip_on_field_errors=False)
    def place_is_whole(self, data: dict[str, Any], **_: Any) -> None:
        needed = ("lat", "lon", "location_source")
        missing = [name for name in needed if name not in data]
        if missing and data.keys() & {*needed, "accuracy_m"}:
            sentence = f"A corrected place needs {', '.join(needed)} together."
            raise ValidationError({name: [sentence] for name in missing})

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Any:
        correction_id = data.pop("correction_id")
        for name in {"hazards", "charge_codes"} & data.keys():
            data[name] = tuple(data[name] or ())
        return correction_id, data


class CorrectionAnswer(Schema):
    """The same each time the correction is sent, but for the referral's `status` today."""

    correction_id = fields.String(metadata={"format": "uuid"})
    receipt_number = fields.String()
    status = fields.String()
    changed = fields.List(
        fields.String(), metadata=_note("The members that say something else than before.")
    )
    zone_check = fields.Nested(ReceiptZoneVerdict)
    screening = fields.Nested(ScreeningMember)


class CorrectionMember(Schema):
    """A correction as a reader sees it. Who may read the person's name also gets what it says."""

    correction_id = fields.String(metadata={"format": "uuid"})
    at = fields.String(metadata={"format": "date-time"})
    changed = fields.List(fields.String())
    zone_status = fields.String(metadata=_note("The server's verdict since this correction."))
    screening = fields.Nested(ScreeningMember)
    zone_check = fields.Nested(ReceiptZoneVerdict)
    values = fields.Dict(metadata=_note("The changed members as they are since this correction."))


class ReferralSummaryMember(Schema):
    """One line of a list, without a name."""

    uuid = fields.String(metadata={"format": "uuid"})
    receipt_number = fields.String()
    kind = fields.String()
    category = fields.String()
    status = fields.String()
    status_word = fields.String(metadata=_note("The status as people say it."))
    willing = fields.String()
    zone_status = fields.String()
    district = fields.Integer(allow_none=True)
    occurred_at = fields.String(metadata={"format": "date-time"})
    received_at = fields.String(metadata={"format": "date-time"})


class ReferralAnswer(ReferralSummaryMember, ReferralDetails):
    """What the caller's role may see: members that it may not see are left out.

    Everything stands as it was first recorded; `corrections`, oldest first, say what was put right
    since. Lists, filters and maps go by the referral as last corrected.

    Authors, case teams, records checkers and prosecutors also get the members that were sent, the
    tablet's own verdict as `tablet_zone_check`; case teams get the states.
    """

    lat = fields.Float()
    lon = fields.Float()
    location_source = Word(service.LOCATION_SOURCES)
    screening = fields.Nested(ScreeningMember)
    zone_check = fields.Nested(ReceiptZoneVerdict)
    tablet_zone_check = fields.Nested(TabletVerdictBody, allow_none=True)
    person = fields.Nested(ReferralPersonBody, allow_none=True)
    corrections = fields.List(fields.Nested(CorrectionMember))
    verification_state = fields.String()
    engagement_state = fields.String()
    charge_hold_state = fields.String()


class ReferralListAnswer(Schema):
    """One page of what the caller may see, newest first."""

    items = fields.List(fields.Nested(ReferralSummaryMember))
    total = fields.Integer()
    page = fields.Integer()
    page_size = fields.Integer()


class ReferralHistoryAnswer(Schema):
    """The moves of the referral's states that the caller may see, oldest first."""

    items = fields.List(fields.Dict())


class ReferralListQuery(RefusingSchema):
    """Which page, or which receipt; every other parameter is a filter."""

    page = fields.Integer(load_default=1, validate=validate.Range(min=1, max=1_000_000))
    page_size = fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))
    receipt = ReceiptNumber(load_default=None)
