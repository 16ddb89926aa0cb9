"""What a referral looks like over HTTP; the OpenAPI document is made from these.

Every member is checked and none is dropped: a member that is not named here is refused, so that an
officer never believes something was kept that was not.
"""

import unicodedata
from datetime import UTC, date, datetime
from typing import Any, Final, NoReturn

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from app.errors import InvalidInput
from app.geo.coords import InvalidCoordinate
from app.referrals import service
from app.web.errors import flatten
from app.web.inputs import parse_instant, parse_number

COORDINATES: Final = ("lat", "lon")
EARLIEST_YEAR: Final = 1900
LATEST_YEAR: Final = 2199
LINES_AND_TABS: Final = "\n\r\t"
MAX_GRAMS: Final = 100_000
FIELD_MESSAGES: Final = {
    "required": "Send this member.",
    "null": "Send a value, not null.",
    "type": "Send a JSON object.",
}


class StrictNumber(fields.Float):
    """A JSON number: finite, not text, not true or false."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> float:
        try:
            return parse_number(value, "value")
        except InvalidInput as error:
            raise ValidationError(error.errors["value"]) from error


class StrictInteger(fields.Integer):
    """A JSON whole number: not text, not true or false."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            raise ValidationError("Send a whole number, without quotes.")
        return int(value)


class StrictBoolean(fields.Boolean):
    """true or false, not a word that might mean it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Send true or false, without quotes.")
        return value


class Written(fields.Field[Any]):
    """A value that stands in a JSON text of a known format."""

    format: str

    def __init__(self, *, metadata: dict[str, Any] | None = None, **options: Any) -> None:
        described = {"type": "string", "format": self.format, **(metadata or {})}
        super().__init__(metadata=described, **options)


class Instant(Written):
    """An RFC 3339 time with its offset."""

    format = "date-time"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> datetime:
        try:
            instant = parse_instant(value, "value").astimezone(UTC)
        except InvalidInput as error:
            raise ValidationError(error.errors["value"]) from error
        except OverflowError as error:
            raise ValidationError("Send a time of this century.") from error
        if not EARLIEST_YEAR <= instant.year <= LATEST_YEAR:
            raise ValidationError("Send a time of this century.")
        return instant


class Day(Written):
    """A calendar day."""

    format = "date"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> date:
        try:
            if not isinstance(value, str) or len(value) != len("2017-02-08"):
                raise ValueError
            day = date.fromisoformat(value)
        except ValueError:
            raise ValidationError("Send a day that exists, like 1990-05-17.") from None
        if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            raise ValidationError(f"Send a day from the year {EARLIEST_YEAR} on.")
        return day


class Text(fields.String):
    """A line or two of text, of limited length."""

    def __init__(self, longest: int, **options: Any) -> None:
        super().__init__(validate=validate.Length(max=longest), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **options)
        if not text.strip():
            raise ValidationError("Write something, or leave it out.")
        if any(_is_unwritable(character) for character in text):
            raise ValidationError("The text holds characters that cannot be written. Retype it.")
        return text


class Word(fields.String):
    """One word of a closed list."""

    def __init__(self, words: tuple[str, ...], **options: Any) -> None:
        super().__init__(validate=validate.OneOf(words), **options)


class PlainSchema(Schema):
    """Says what to send instead, in our own words."""

    error_messages: dict[str, str] = {  # noqa: RUF012 - declared so by marshmallow
        "type": "Send a JSON object.",
        "unknown": "There is no member of this name; see /api/v1/docs.",
    }

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        field_obj.error_messages |= FIELD_MESSAGES


def _optional(**more: Any) -> dict[str, Any]:
    return {"load_default": None, "allow_none": True, **more}


def _note(text: str) -> dict[str, str]:
    return {"description": text}


def _is_unwritable(character: str) -> bool:
    category = unicodedata.category(character)
    return category in ("Cc", "Cs") and character not in LINES_AND_TABS


def _is_age_band(text: str) -> None:
    try:
        service.age_bounds(text)
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


class ReferralBody(ReferralDetails):
    """One referral. An arrest needs `offence_category`, a social contact `concern`."""

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

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> service.ReferralContent:
        for name in ("hazards", "charge_codes"):
            data[name] = tuple(data[name] or ())
        return service.ReferralContent(**data)

    def handle_error(
        self, error: ValidationError, data: Any, *, many: bool, **kwargs: Any
    ) -> NoReturn:
        raise refusal(flatten(error.messages))


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


class ReferralListQuery(Schema):
    """Which page; every other parameter is a filter."""

    page = fields.Integer(load_default=1, validate=validate.Range(min=1, max=1_000_000))
    page_size = fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))

    def handle_error(
        self, error: ValidationError, data: Any, *, many: bool, **kwargs: Any
    ) -> NoReturn:
        raise refusal(flatten(error.messages))


def refusal(errors: dict[str, list[str]]) -> InvalidInput:
    """The error for what is wrong, member by member; a wrong coordinate has its own code."""
    errors = {_member(name): sentences for name, sentences in errors.items()}
    detail = " ".join(f"{name}: {sentences[0]}" for name, sentences in errors.items())
    kind = InvalidCoordinate if any(name in errors for name in COORDINATES) else InvalidInput
    return kind(detail, errors=errors)


def _member(name: str) -> str:
    """The member that an error of the validation belongs to; the body itself is `request`."""
    return name.removesuffix("_schema").rstrip(".") or "request"
