"""The keys that tablets seal waiting referrals to, over HTTP."""

from flask import Response, jsonify
from flask_smorest import Blueprint

from app.accounts.access import allows, current_actor
from app.accounts.roles import SCOPE_ROLES, Scope
from app.db import reading, unit_of_work
from app.referrals import schemas, service
from app.web.api import API_PREFIX
from app.web.context import utc_now

KEPT_FOR_S = 300

api_blueprint = Blueprint(
    "keys", __name__, url_prefix=f"{API_PREFIX}/keys", description="Public keys to seal to."
)


@api_blueprint.route("/outbox")
@api_blueprint.response(200, schemas.OutboxKeysAnswer)
@allows(*SCOPE_ROLES[Scope.REFERRALS_WRITE], scope=Scope.REFERRALS_WRITE)
def get_outbox_keys() -> Response:
    """The keys (JWK Set, RFC 7517) that a tablet seals referrals to, newest first; use the first.

    The first caller has it made.
    """
    with reading() as session:
        keys = service.public_keys(session)
    if not keys:
        with unit_of_work() as session:
            service.ensure_key(session, actor=current_actor(), now=utc_now())
            keys = service.public_keys(session)
    answer = jsonify(keys=keys)
    answer.headers["Cache-Control"] = f"private, max-age={KEPT_FOR_S}"
    answer.vary.update(("Authorization", "Cookie"))
    return answer
