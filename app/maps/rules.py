"""Decisions about map requests: what may be asked of personal records, and in which steps.

On a personal set (INTERFACE.md section 4) the questions are fixed so that no answer minus another
gives a single record back: whole calendar months, at least three of them, no weekday or hour, and
cells that lie within one another.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from app.errors import InvalidInput, NotFound
from app.filters import REFERRALS, RecordFilter
from app.geo.disclosure import K_PUBLIC, K_SIGNED_IN, ROUNDING_BASE, withheld_label

LAYERS = ("density", "hotspots")
LATER_LAYERS = ("trends",)
FIXED_EXPOSURES = ("area", "street_length", "population")
LEAST_MONTHS = 3
_EARLIEST_MONTH = date(1800, 1, 1)
_LATEST_MONTH = date(2999, 12, 1)
"""No record lies beyond these, and months can be counted back and forth from them."""
PERSONAL_CELLS_M = (250, 500, 1000)
"""Each lies within the next: crossing grids of free sizes would narrow a single record down."""
DENSITY_CELL_M = 250
"""A density of a personal set is drawn from the published counts of these cells."""
BANDWIDTH_M = 400.0
"""Radius of the density's kernel: about three downtown blocks, and more than a 250 m cell, so that
on personal sets a surface always mixes neighbouring cells. Fixed, because a bandwidth that can be
chosen would let two surfaces be compared."""


class UnknownLayer(NotFound):
    """There is no such map layer."""

    code = "unknown_layer"


class NotOnPersonalMaps(InvalidInput):
    """The question would narrow personal records down too far."""

    code = "not_on_personal_maps"


@dataclass(frozen=True)
class Window:
    """First and last day, both included; None where the set is empty and nothing was asked."""

    first: date | None
    last: date | None

    @property
    def days(self) -> int:
        """Length of the period in days, 0 when it is not known."""
        if self.first is None or self.last is None:
            return 0
        return (self.last - self.first).days + 1


def require_layer(layer: str) -> str:
    """The layer's name, if it can be drawn.

    Raises:
        UnknownLayer: saying which layers there are.
    """
    if layer in LAYERS:
        return layer
    if layer in LATER_LAYERS:
        raise UnknownLayer(f"The layer {layer} is not built yet. Ask for density or hotspots.")
    raise UnknownLayer("There is no such layer. Ask for density or hotspots.")


def fewest_people(viewer_roles: frozenset[str]) -> int:
    """k: 5 for signed-in roles, 11 for pages anyone may open."""
    return K_SIGNED_IN if viewer_roles else K_PUBLIC


def used_filter(
    request: RecordFilter, *, is_personal: bool, first_on: date | None, last_on: date | None
) -> RecordFilter:
    """The filter that is really applied, with its dates and exposure spelled out.

    Args:
        first_on, last_on: the whole set's days.

    Raises:
        NotOnPersonalMaps: weekday or hours on a personal set.
    """
    if is_personal and (
        request.weekday or request.hour_from is not None or request.hour_to is not None
    ):
        raise NotOnPersonalMaps(
            "Weekday and hours can't be combined with a map layer on personal records. Leave them "
            "out, or choose a public-record set.",
            errors={
                name: ["Leave this out on personal records."]
                for name, value in (
                    ("weekday", request.weekday or None),
                    ("hour_from", request.hour_from),
                    ("hour_to", request.hour_to),
                )
                if value is not None
            },
        )
    window = used_window(request, is_personal=is_personal, first_on=first_on, last_on=last_on)
    return request.with_changes(
        from_date=window.first,
        to_date=window.last,
        exposure=request.exposure or "area",
        cell_m=used_cell_m(request.cell_m) if is_personal else request.cell_m,
    )


def used_window(
    request: RecordFilter, *, is_personal: bool, first_on: date | None, last_on: date | None
) -> Window:
    """The days that are really counted.

    On a personal set whole months, at least three by earlier ones. The last month is never later
    than the last that holds a record, or an empty month could stand in for a full one.
    """
    first = request.from_date or first_on
    last = request.to_date or last_on
    if not is_personal:
        return Window(first, last)
    if last is None or first is None:
        known = first or last
        if known is None:
            return Window(None, None)
        first = last = known
    if last_on is not None:
        last = min(last, last_on)
    last = min(max(last, _EARLIEST_MONTH), _LATEST_MONTH)
    last = end_of_month(last)
    latest_first = months_before(last.replace(day=1), LEAST_MONTHS - 1)
    return Window(min(first.replace(day=1), latest_first), last)


def used_cell_m(asked_m: int) -> int:
    """The smallest size allowed on personal sets that is no smaller than the one asked for."""
    return next((size for size in PERSONAL_CELLS_M if size >= asked_m), PERSONAL_CELLS_M[-1])


def end_of_month(day: date) -> date:
    """The last day of the month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def months_before(first_of_month: date, months: int) -> date:
    """The first of the month so many months earlier."""
    year, month = divmod(first_of_month.year * 12 + first_of_month.month - 1 - months, 12)
    return date(year, month + 1, 1)


def demonstration_notice(dataset: str, *, is_synthetic: bool) -> str:
    """What every page and file of a demonstration says of the set it shows."""
    if is_synthetic:
        return "Demonstration. All data are synthetic."
    return (
        f"Demonstration. People and referrals are synthetic; the set {dataset} was imported by an "
        "operator and may be real."
    )


def filters_in_words(used: RecordFilter) -> dict[str, str | int]:
    """The filter that was applied, for `metadata.filters`: every set value, by parameter name."""
    words: dict[str, str | int] = {"dataset": used.dataset}
    words.update(used.to_query())
    words["cell_m"] = used.cell_m
    return words


def suppression_rule(*, is_personal: bool, k: int) -> str:
    """The rule that was applied to what is shown, in words."""
    if not is_personal:
        return "none: this set is a public record and every number is exact"
    return (
        f"counts that stand for 1 to {k - 1} people are withheld and shown as "
        f"{withheld_label(k)}; other counts are rounded to the nearest {ROUNDING_BASE}; expected "
        "counts and test values are not shown; a cell whose 3 x 3 window holds fewer than "
        f"{k} people is never marked; a density is drawn from such counts, and none where fewer "
        f"than {k} people have a record within the bandwidth; dates widen to whole calendar "
        f"months, at least {LEAST_MONTHS}"
    )


def noun(dataset: str) -> str:
    """What one record of a set is called, in the plural."""
    return "referrals" if dataset == REFERRALS else "incidents"
