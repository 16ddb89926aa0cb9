"""Places and people of the referral tests."""

from app.audit.service import Actor

LEXINGTON_MARKET = {"lat": 39.2916, "lon": -76.6216}
PENN_STATION = {"lat": 39.3073, "lon": -76.6156}
OFFICER = Actor(name="user:901", user_id=901, roles=("officer",), channel="api")
OTHER_OFFICER = Actor(name="user:902", user_id=902, roles=("officer",), channel="api")


def actor_with(*roles: str) -> Actor:
    """Somebody with these roles who made no referral."""
    return Actor(name="user:950", user_id=950, roles=roles, channel="api")
