"""The API's own description: OpenAPI 3.1 and a plain reference page made from it."""

import re
from copy import deepcopy
from typing import Any

from flask import Blueprint, current_app, jsonify, render_template
from flask.typing import ResponseReturnValue

from app.accounts.access import Access, access_of, public
from app.web.api import API_PREFIX, api
from app.web.errors import PROBLEM

blueprint = Blueprint("api_reference", __name__, url_prefix=API_PREFIX)

PLACEHOLDER = re.compile(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>")
METHODS = ("get", "post", "put", "patch", "delete")


@blueprint.get("/openapi.json")
@public
def openapi() -> ResponseReturnValue:
    """The OpenAPI document."""
    return jsonify(document())


@blueprint.get("/docs")
@public
def reference() -> ResponseReturnValue:
    """The same as a page for people."""
    spec = document()
    calls = [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation.get("summary", ""),
            "scope": next(iter(operation.get("security", [{}])[0].get("token", [])), None),
            "description": operation.get("description", ""),
            "parameters": operation.get("parameters", []),
            "body": _schema_name(operation.get("requestBody", {})),
            "answers": sorted(operation.get("responses", {}).items()),
        }
        for path, item in sorted(spec.get("paths", {}).items())
        for method, operation in item.items()
        if method in METHODS
    ]
    return render_template("operations/api_reference.html", spec=spec, calls=calls)


def document() -> dict[str, Any]:
    """The OpenAPI document as plain values."""
    spec: dict[str, Any] = deepcopy(api.spec.to_dict())  # parts of it are shared
    for refusal in spec["components"].get("responses", {}).values():
        refusal["content"] = {PROBLEM: refusal["content"].pop("application/json")}
    for rule in current_app.url_map.iter_rules():
        path = spec["paths"].get(PLACEHOLDER.sub(r"{\1}", rule.rule), {})
        for method in {name.lower() for name in rule.methods or ()} & set(path):
            _name_scope(path[method], access_of(current_app, rule.endpoint, method.upper()))
    return spec


def _name_scope(operation: dict[str, Any], access: Access | None) -> None:
    if access is not None and access.scope is not None:
        operation["security"] = [{"token": [access.scope.value]}, {"session": []}]


def _schema_name(content: dict[str, Any]) -> str:
    for media in content.get("content", {}).values():
        return str(media.get("schema", {}).get("$ref", "")).rpartition("/")[2]
    return ""
