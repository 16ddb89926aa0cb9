"""Map layers: records in, counts and surfaces that may be shown out.

Every layer goes the same way: find the set and whether it is personal, settle the filter that may
really be used, fetch, compute, withhold what stands for too few people. Nothing after this module
sees a record's place.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from app.filters import RecordFilter
from app.maps import exports, rules, service_density, service_hotspots
from app.maps.exports import UnknownFormat, require_format
from app.maps.layer_cache import LayerCache
from app.maps.rules import require_layer
from app.maps.service_inputs import Asked, Inputs, ask, gather
from app.maps.service_layers import DensityLayer, HotspotLayer, Layer

__all__ = [
    "ALL_LAYERS",
    "DensityLayer",
    "HotspotLayer",
    "Layer",
    "UnknownFormat",
    "density_layer",
    "export",
    "hotspot_layer",
    "map_layer",
    "require_format",
    "require_layer",
]

ALL_LAYERS = (*rules.LAYERS, *rules.LATER_LAYERS)

T = TypeVar("T", HotspotLayer, DensityLayer)

_hotspots: LayerCache[HotspotLayer] = LayerCache(max_entries=32)
_densities: LayerCache[DensityLayer] = LayerCache(max_entries=16)


def hotspot_layer(
    session: Session,
    request: RecordFilter,
    *,
    viewer_roles: Iterable[str],
    now: datetime,
    is_demonstration: bool = False,
) -> HotspotLayer:
    """The cells that stand out, for people with these roles.

    Args:
        is_demonstration: whether `metadata` carries a notice, which every page and file shows.

    Raises:
        NotOnPersonalMaps: weekday or hours on a personal set.
        UnknownDataset: no such data set or exposure.
        InvalidFilter: a filter the set does not have.
        NothingExpected: the chosen exposure is empty.
    """
    roles = frozenset(viewer_roles)
    asked = ask(session, request, viewer_roles=roles, now=now, is_demonstration=is_demonstration)
    return _kept(_hotspots, asked, service_hotspots.make)


def density_layer(
    session: Session,
    request: RecordFilter,
    *,
    viewer_roles: Iterable[str],
    now: datetime,
    is_demonstration: bool = False,
) -> DensityLayer:
    """Records per km2 and period as contours and a surface, for people with these roles.

    Raises: as `hotspot_layer`.
    """
    roles = frozenset(viewer_roles)
    asked = ask(session, request, viewer_roles=roles, now=now, is_demonstration=is_demonstration)
    return _kept(_densities, asked, service_density.make)


def map_layer(
    session: Session,
    layer: str,
    request: RecordFilter,
    *,
    viewer_roles: Iterable[str],
    now: datetime,
    is_demonstration: bool = False,
) -> Layer:
    """The layer with this name.

    Raises:
        UnknownLayer: there is none; otherwise as `hotspot_layer`.
    """
    if require_layer(layer) == "density":
        make: Callable[..., Layer] = density_layer
    else:
        make = hotspot_layer
    return make(
        session, request, viewer_roles=viewer_roles, now=now, is_demonstration=is_demonstration
    )


def export(layer: Layer, suffix: str) -> tuple[bytes, str]:
    """The layer as a file, and its media type.

    Raises:
        UnknownFormat: saying which formats there are.
    """
    return exports.export(layer, suffix), exports.MEDIA_TYPES[suffix]


def _kept(cache: LayerCache[T], asked: Asked, make: Callable[[Inputs], T]) -> T:
    """The layer, made at most once for the same records, filter and kind of viewer."""
    if asked.quick_key is not None:
        return cache.get(asked.quick_key, lambda: make(gather(asked)))
    inputs = gather(asked)
    return cache.get(inputs.full_key, lambda: make(inputs))
