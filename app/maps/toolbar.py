"""The map page's filters as form controls: what may be chosen, what is chosen, in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.filters import REFERRALS, RecordFilter

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CELL_SIZES_M = (100, 250, 500, 1000)
PERSONAL_CELL_SIZES_M = (250, 500, 1000)
FIXED_EXPOSURES = {
    "area": "Area: every square metre alike",
    "street_length": "Streets: every metre of street alike",
    "population": "People who live there",
}
ZONE_WORDS = {
    "inside": "In the zone",
    "outside": "Outside the zone",
    "uncertain": "Too close to call",
}
EMPTY: Mapping[str, str] = {}


@dataclass(frozen=True)
class Choice:
    """One value that can be chosen."""

    value: str
    words: str
    is_chosen: bool = False


@dataclass(frozen=True)
class Chip:
    """One group of the filter bar: what it is called, what it says now, and its controls."""

    name: str
    label: str
    summary: str
    kind: str
    """`one` (radio buttons), `many` (check boxes), `dates`, `hours`, `box` or `more`."""
    choices: tuple[Choice, ...] = ()
    is_set: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    more: tuple["Chip", ...] = ()
    note: str = ""


@dataclass(frozen=True)
class DataChoice:
    """A set of records that can be mapped."""

    name: str
    words: str
    is_public_record: bool
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """What a filter may be set to for the chosen set of records."""

    data: tuple[DataChoice, ...]
    kinds: tuple[str, ...]
    statuses: tuple[str, ...]
    status_words: Mapping[str, str]
    districts: Mapping[int, str]


def words_of(code: str) -> str:
    """A code as people read it: `drug_possession` is `Drug possession`."""
    return code.replace("_", " ").capitalize()


def chips(
    asked: RecordFilter,
    vocabulary: Vocabulary,
    errors: Mapping[str, Sequence[str]] = EMPTY,
) -> list[Chip]:
    """The filter bar for one request, groups in the order they are shown."""
    chosen = next((one for one in vocabulary.data if one.name == asked.dataset), None)
    is_referrals = asked.dataset == REFERRALS
    is_public = chosen is not None and chosen.is_public_record
    classes = chosen.classes if chosen else ()
    bar = [
        _data(asked, vocabulary.data),
        _dates(asked, is_public=is_public),
        _many("offence_category", "Offence", "All", classes, asked.offence_category),
    ]
    if is_referrals:
        bar.append(_many("kind", "Kind", "Both", vocabulary.kinds, asked.kind))
    bar += [
        _districts(asked, vocabulary.districts),
        _many("zone_status", "Zone", "In and around", ZONE_WORDS, asked.zone_status, ZONE_WORDS),
    ]
    if is_referrals:
        words = vocabulary.status_words
        bar.append(_many("status", "Status", "Any", vocabulary.statuses, asked.status, words))
    if is_public or asked.weekday or asked.hour_from is not None or asked.hour_to is not None:
        bar += [_weekdays(asked), _hours(asked)]
    bar.append(_more(asked, vocabulary.data, is_public=is_public))
    return [chip for chip in bar if chip.choices or chip.kind not in {"one", "many"}]


def in_words(bar: Iterable[Chip]) -> str:
    """The filter for a sheet without controls: `Data: arrests; Zone: In the zone; ...`."""
    parts = [part for chip in bar for part in _told_parts(chip)]
    said = [(part.label, _said(part)) for part in parts]
    return "; ".join(f"{label}: {words}" for label, words in said if words)


def _told_parts(chip: Chip) -> tuple[Chip, ...]:
    if chip.kind == "more":
        return chip.more
    return (chip, *(part for part in chip.more if part.is_set)) if chip.is_set else ()


def _said(chip: Chip) -> str:
    picked = [choice.words for choice in chip.choices if choice.is_chosen]
    return ", ".join(picked) or chip.values.get("bbox", "") or chip.summary


def _data(asked: RecordFilter, data: Iterable[DataChoice]) -> Chip:
    choices = tuple(Choice(one.name, one.words, one.name == asked.dataset) for one in data)
    summary = next((one.words for one in choices if one.is_chosen), asked.dataset)
    return Chip("dataset", "Data", summary, "one", choices, is_set=asked.dataset != REFERRALS)


def _dates(asked: RecordFilter, *, is_public: bool) -> Chip:
    first, last = asked.from_date, asked.to_date
    if first and last:
        summary = f"{day_words(first.isoformat())} to {day_words(last.isoformat())}"
    elif first:
        summary = f"From {day_words(first.isoformat())}"
    elif last:
        summary = f"Up to {day_words(last.isoformat())}"
    else:
        summary = "All dates"
    values = {
        "from": first.isoformat() if first else "",
        "to": last.isoformat() if last else "",
    }
    note = "" if is_public else "On personal records dates widen to whole months, at least three."
    return Chip(
        "dates", "Dates", summary, "dates", is_set=bool(first or last), values=values, note=note
    )


def _districts(asked: RecordFilter, names: Mapping[int, str]) -> Chip:
    values = {str(number): f"{number} {name}" for number, name in names.items()}
    chosen = tuple(map(str, asked.district))
    chip = _many("district", "District", "All", values, chosen, values)
    layers = (
        Choice("", "As they were on each day", asked.district_set is None),
        Choice("2023", "As drawn in 2023", asked.district_set == "2023"),
        Choice("1959", "As drawn in 1959", asked.district_set == "1959"),
    )
    borders = Chip(
        "district_set", "Borders", "", "one", layers, is_set=asked.district_set is not None
    )
    return Chip(
        chip.name,
        chip.label,
        chip.summary,
        "many",
        chip.choices,
        is_set=chip.is_set or borders.is_set,
        more=(borders,),
    )


def _weekdays(asked: RecordFilter) -> Chip:
    values = {str(number): name for number, name in enumerate(WEEKDAYS, start=1)}
    chosen = tuple(map(str, asked.weekday))
    return _many("weekday", "Weekday", "Every day", values, chosen, values)


def _hours(asked: RecordFilter) -> Chip:
    first, last = asked.hour_from, asked.hour_to
    is_set = first is not None or last is not None
    summary = f"{first or 0}:00 to {23 if last is None else last}:59" if is_set else "All 24"
    values = {
        "hour_from": "" if first is None else str(first),
        "hour_to": "" if last is None else str(last),
    }
    note = "22 to 3 runs over midnight. Records without a time are left out."
    return Chip("hours", "Hours", summary, "hours", is_set=is_set, values=values, note=note)


def _more(asked: RecordFilter, data: Sequence[DataChoice], *, is_public: bool) -> Chip:
    sizes: tuple[int, ...] = CELL_SIZES_M if is_public else PERSONAL_CELL_SIZES_M
    offered = sorted({*sizes, asked.cell_m})
    exposures = FIXED_EXPOSURES | {
        one.name: f"In proportion to: {one.words}" for one in data if one.name != asked.dataset
    }
    usual = "area" if asked.dataset == REFERRALS else "street_length"
    exposure = asked.exposure or usual
    if exposure not in exposures:
        exposures[exposure] = exposure
    size_choices = tuple(Choice(str(m), f"{m} m", m == asked.cell_m) for m in offered)
    exposure_choices = tuple(
        Choice(name, words, name == exposure) for name, words in exposures.items()
    )
    quality = (
        Choice("", "Only records with a sure place", not asked.all_location_quality),
        Choice("all", "All, also doubtful places", asked.all_location_quality),
    )
    box = asked.to_query().get("bbox", "")
    parts = (
        Chip("cell_m", "Cell size", "", "one", size_choices),
        Chip("exposure", "Expected in proportion to", "", "one", exposure_choices),
        Chip("location_quality", "Places", "", "one", quality),
        Chip("bbox", "Area: west, south, east, north", "", "box", values={"bbox": box}),
    )
    changed = [
        asked.cell_m != 250,
        exposure != usual,
        asked.all_location_quality,
        asked.bbox is not None,
    ]
    count = sum(changed)
    summary = f"{asked.cell_m} m cells" if count == 0 else f"{count} set"
    return Chip("more", "More", summary, "more", is_set=count > 0, more=parts)


def _many(  # noqa: PLR0917 - one group is one line where it is used
    name: str,
    label: str,
    nothing: str,
    values: Iterable[str],
    chosen: Sequence[str],
    words: Mapping[str, str] = EMPTY,
) -> Chip:
    offered = [*values, *(value for value in chosen if value not in set(values))]
    choices = tuple(Choice(v, words.get(v, words_of(v)), v in chosen) for v in offered)
    picked = [choice.words for choice in choices if choice.is_chosen]
    if not picked:
        summary = nothing
    elif len(picked) == 1:
        summary = picked[0]
    else:
        summary = f"{len(picked)} chosen"
    return Chip(name, label, summary, "many", choices, is_set=bool(picked))


def day_words(iso_day: str) -> str:
    """`2026-07-01` as `1 Jul 2026`."""
    year, month, day = iso_day.split("-")
    return f"{int(day)} {MONTHS[int(month) - 1]} {year}"
