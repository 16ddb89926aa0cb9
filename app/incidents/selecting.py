"""Which incidents of a block a filter leaves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from app.filters import RecordFilter
from app.geo.coords import Floats
from app.incidents import rules
from app.incidents.blocks import Block, DayArray
from app.incidents.rules import Flags
from app.places import service as places

Covers = Callable[[Floats, Floats], Flags]
"""(lon, lat) arrays in degrees -> which of the points lie in the zone."""


@dataclass(frozen=True, eq=False)
class Selected:
    """What a filter leaves of one block; the arrays are equally long and finite."""

    x_m: Floats
    y_m: Floats
    occurred_on: DayArray
    unmapped: Mapping[str, int]


def select(block: Block, record_filter: RecordFilter, covers: Covers) -> Selected:
    """Apply a filter to one block.

    A row that cannot be placed is counted by its reason if its day, hour and class fit: no filter
    by place can be answered for it.
    """
    fits = _fits_without_place(block, record_filter)
    is_located = np.isfinite(block.x_m) & np.isfinite(block.y_m)
    is_left_off = block.flag != rules.NO_FLAG
    is_off_map = ~is_located if record_filter.all_location_quality else is_left_off | ~is_located
    unmapped = {
        reason: int(np.count_nonzero(fits & is_off_map & (block.flag == i)))
        for i, reason in enumerate(rules.FLAGS, start=1)
    }
    chosen = np.flatnonzero(fits & ~is_off_map)
    chosen = chosen[_is_in_district(block, record_filter)[chosen]]
    if record_filter.zone_status:
        is_inside = covers(block.lon[chosen], block.lat[chosen])
        wanted = np.zeros(len(chosen), dtype=np.bool_)
        wanted |= is_inside if "inside" in record_filter.zone_status else False
        wanted |= ~is_inside if "outside" in record_filter.zone_status else False
        chosen = chosen[wanted]
    return Selected(block.x_m[chosen], block.y_m[chosen], block.occurred_on[chosen], unmapped)


def _fits_without_place(block: Block, record_filter: RecordFilter) -> Flags:
    fits = np.ones(len(block), dtype=np.bool_)
    if record_filter.from_date:
        fits &= block.occurred_on >= np.datetime64(record_filter.from_date, "D")
    if record_filter.to_date:
        fits &= block.occurred_on <= np.datetime64(record_filter.to_date, "D")
    if record_filter.weekday:
        fits &= np.isin(weekdays(block.occurred_on), record_filter.weekday)
    if record_filter.hour_from is not None or record_filter.hour_to is not None:
        asked = [hour for hour in range(24) if record_filter.covers_hour(hour)]
        fits &= np.isin(block.hour, asked)
    if record_filter.offence_category:
        wanted = [word in record_filter.offence_category for word in block.class_words]
        fits &= np.array(wanted, dtype=np.bool_)[block.class_code]
    return fits


def _is_in_district(block: Block, record_filter: RecordFilter) -> Flags:
    if not record_filter.district:
        return np.ones(len(block), dtype=np.bool_)
    if record_filter.district_set is None:
        is_new = block.occurred_on >= np.datetime64(places.DISTRICTS_2023_FROM)
        number = np.where(is_new, block.district_2023, block.district_1959)
    else:
        number = (
            block.district_1959 if record_filter.district_set == "1959" else block.district_2023
        )
    return np.isin(number, record_filter.district)


def weekdays(days: DayArray) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """1 Monday to 7 Sunday (ISO 8601); 1 January 1970 was a Thursday."""
    since_1970 = days.astype("datetime64[D]").astype(np.int64)
    result: np.ndarray[tuple[int], np.dtype[np.int64]] = (since_1970 + 3) % 7 + 1
    return result
