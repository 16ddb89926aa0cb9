"""Made-up sets in place of the stored ones."""

import pytest

from app.maps import service, service_hotspots, service_inputs, service_sources
from app.maps.layer_cache import LayerCache
from tests.maps.fakes import ZONE, FakeSet, Use


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Put a made-up set under a name; the zone and the corners are made up too."""
    sets: dict[str, FakeSet] = {}

    def put(records, name="referrals", **about) -> FakeSet:
        sets[name] = FakeSet(name, records, **about)
        return sets[name]

    monkeypatch.setattr(
        service_sources, "source", lambda _session, name, _roles: sets[name].source()
    )
    monkeypatch.setattr(service_inputs.zones, "zone_in_force", lambda _session, _at: ZONE)
    monkeypatch.setattr(
        service_hotspots.places, "near_well_known", lambda *_: "First St and Second St"
    )
    monkeypatch.setattr(service, "_hotspots", LayerCache(4))
    monkeypatch.setattr(service, "_densities", LayerCache(4))
    return put
