"""The API's own description: OpenAPI 3.1 and a plain reference page made from it."""

from typing import Any

from flask import Blueprint, jsonify, render_template
from flask.typing import ResponseReturnValue

from app.accounts.access import public
from app.web.api import API_PREFIX, api

blueprint = Blueprint("api_reference", __name__, url_prefix=API_PREFIX)

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
    spec: dict[str, Any] = api.spec.to_dict()
    return spec


def _schema_name(content: dict[str, Any]) -> str:
    for media in content.get("content", {}).values():
        return str(media.get("schema", {}).get("$ref", "")).rpartition("/")[2]
    return ""
