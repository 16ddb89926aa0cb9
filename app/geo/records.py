"""What a map is made of: places, days and persons of a set of records, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
DayArray = npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class MapRecords:
    """The located records that a filter leaves, and how many could not be located.

    Raises:
        ValueError: the arrays differ in length, or a coordinate is not finite.
    """

    x_m: FloatArray
    """(n,) easting in EPSG:26985."""
    y_m: FloatArray
    """(n,) northing in EPSG:26985."""
    occurred_on: DayArray
    """(n,) datetime64[D], the day in the site's time zone."""
    person_key: IntArray
    """(n,) one value per distinct person; a row without a known person has its own."""
    unmapped: Mapping[str, int]
    """Reason (no_coordinates, outside_city, ambiguous_address) to number of records."""
    first_on: date | None
    """First day of the whole set, before any filter; None when the set is empty."""
    last_on: date | None
    data_version: str
    """Changes whenever the answer to any filter may change."""

    def __post_init__(self) -> None:
        lengths = {a.shape for a in (self.x_m, self.y_m, self.occurred_on, self.person_key)}
        if len(lengths) != 1 or self.x_m.ndim != 1:
            raise ValueError("the columns of MapRecords must be one-dimensional and equally long")
        if not (np.isfinite(self.x_m).all() and np.isfinite(self.y_m).all()):
            raise ValueError("records without finite coordinates belong in `unmapped`")

    @property
    def n(self) -> int:
        """How many records are located."""
        return int(self.x_m.size)

    @classmethod
    def empty(
        cls,
        *,
        unmapped: Mapping[str, int] | None = None,
        first_on: date | None = None,
        last_on: date | None = None,
        data_version: str = "empty",
    ) -> "MapRecords":
        """No located record at all."""
        return cls(
            x_m=np.empty(0),
            y_m=np.empty(0),
            occurred_on=np.empty(0, "datetime64[D]"),
            person_key=np.empty(0, np.int64),
            unmapped=dict(unmapped or {}),
            first_on=first_on,
            last_on=last_on,
            data_version=data_version,
        )
