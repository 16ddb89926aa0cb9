"""A block of incidents: its columns in memory, and as a Parquet file."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

FloatArray = npt.NDArray[np.float64]
DayArray = npt.NDArray[np.datetime64]
SmallArray = npt.NDArray[np.int8]
NO_HOUR = -1

SCHEMA = pa.schema(
    [
        ("source_id", pa.string()),
        ("occurred_on", pa.date32()),
        ("hour", pa.int8()),
        ("class", pa.dictionary(pa.int16(), pa.string())),
        ("lon", pa.float64()),
        ("lat", pa.float64()),
        ("x_m", pa.float64()),
        ("y_m", pa.float64()),
        ("district_1959", pa.int8()),
        ("district_2023", pa.int8()),
        ("flag", pa.int8()),
    ]
)


@dataclass(frozen=True, eq=False)
class Block:
    """Columns of n incidents, in the order of their file."""

    source_id: Sequence[str]
    occurred_on: DayArray
    """datetime64[D], the day in the site's time zone."""
    hour: SmallArray
    """0 to 23; -1 where none is recorded."""
    class_code: npt.NDArray[np.int16]
    """Index into `class_words`."""
    class_words: tuple[str, ...]
    lon: FloatArray
    """Degrees, WGS 84; NaN without coordinates."""
    lat: FloatArray
    x_m: FloatArray
    """Easting in EPSG:26985; NaN without coordinates."""
    y_m: FloatArray
    district_1959: SmallArray
    """Number of the police district in the layer of 1959 to 2022; 0 for none."""
    district_2023: SmallArray
    flag: SmallArray
    """0, or 1 + the place of the reason in rules.FLAGS."""

    def __len__(self) -> int:
        return len(self.flag)

    def to_bytes(self) -> bytes:
        """The block as a Parquet file (zstd); the same rows give the same bytes."""
        classes = pa.DictionaryArray.from_arrays(
            pa.array(self.class_code), pa.array(self.class_words, pa.string())
        )
        columns = [
            pa.array(self.source_id, pa.string()),
            pa.array(self.occurred_on, pa.date32()),
            pa.array(self.hour),
            classes,
            *(pa.array(c) for c in (self.lon, self.lat, self.x_m, self.y_m)),
            *(pa.array(c) for c in (self.district_1959, self.district_2023, self.flag)),
        ]
        out = io.BytesIO()
        pq.write_table(pa.Table.from_arrays(columns, schema=SCHEMA), out, compression="zstd")
        return out.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes, *, with_source_ids: bool = False) -> "Block":
        """Read what `to_bytes` wrote; the ids, which no map needs, only when asked for."""
        names = [name for name in SCHEMA.names if with_source_ids or name != "source_id"]
        table = pq.read_table(io.BytesIO(content), columns=names)
        classes = pc.dictionary_encode(table["class"].combine_chunks())

        def column(name: str) -> npt.NDArray[Any]:
            values: npt.NDArray[Any] = table[name].to_numpy()
            return values

        return cls(
            source_id=table["source_id"].to_pylist() if with_source_ids else [],
            occurred_on=column("occurred_on").astype("datetime64[D]"),
            hour=column("hour"),
            class_code=classes.indices.to_numpy().astype(np.int16),
            class_words=tuple(classes.dictionary.to_pylist()),
            lon=column("lon"),
            lat=column("lat"),
            x_m=column("x_m"),
            y_m=column("y_m"),
            district_1959=column("district_1959"),
            district_2023=column("district_2023"),
            flag=column("flag"),
        )
