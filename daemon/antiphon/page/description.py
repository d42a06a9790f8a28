"""What the page's REST interface takes and gives, as OpenAPI; requests are checked against it.

Derived from the declarations of the parameters and from the list of acts, so that it cannot differ from them.
"""

import asyncio
import threading
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import antiphon
from antiphon.core.parameters import REGISTRY, Parameter
from antiphon.page.exporting import FORMS

Json = dict[str, Any]
_LONGEST: Final = 200
_loading: Final = threading.Lock()
_TYPES: Final = {"int": "integer", "float": "number", "bool": "boolean", "choice": "string", "text": "string"}


def openapi(acts: Sequence[str], models: Sequence[str] = (), takes: bool = False) -> Json:
    """The whole description.

    acts    the names that POST /api/acts/{name} takes
    models  the names that POST /api/models/{name} takes
    takes   whether takes are kept here
    """
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Values"}}}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Antiphon",
            "version": antiphon.__version__,
            "description": "What a page, a script or a controller can ask of the performance that is running here.",
        },
        "paths": {
            "/api/parameters": {
                "get": _operation("parameters", "everything that can be turned, as declared", _array()),
                "post": _operation("change", "turn some of them: all that are given, or none", _reference("State"))
                | {"requestBody": body},
            },
            "/api/state": {"get": _operation("state", "how they stand, the ports, the model", _reference("State"))},
            "/api/acts/{name}": {"post": _operation("act", "have it do something", _reference("State")) | _named(acts)},
            "/api/models": {"get": _operation("models", "the models that are installed", _MODELS)},
            "/api/models/{name}": {
                "post": _operation("model", "have another model play", _reference("State")) | _named(models)
            },
            **(_takes() if takes else {}),
        },
        "components": {"schemas": {"Values": values(), "State": _STATE, "Refusal": _REFUSAL, "Declaration": _DECLARED}},
    }


@cache
def values() -> Json:
    """The schema of a set of values for some parameters."""
    properties = {name: _schema(parameter) for name, parameter in REGISTRY.items()}
    return {"type": "object", "properties": properties, "additionalProperties": False, "minProperties": 1}


async def wrong(given: Any) -> str | None:  # whatever JSON holds
    """What is wrong with a set of values, in words; None when it fits the description."""
    await asyncio.to_thread(prepare)
    error = next(iter(_validator().iter_errors(given)), None)
    if error is None:
        return None
    where = "".join(f"{part}: " for part in error.path)
    return f"{where}{error.message[:_LONGEST]}"


def prepare() -> None:
    """Have ready what `wrong` goes by. Beside some other packages jsonschema takes 2 s to load."""
    _validator()


@cache
def _validator() -> Any:  # a Draft202012Validator
    with _loading:  # two threads that import it at once each see half of it
        from jsonschema import Draft202012Validator

        return Draft202012Validator(values())


def _schema(parameter: Parameter) -> Json:
    schema: Json = {"type": _TYPES[parameter.type], "description": parameter.help}
    match parameter.type:
        case "int" | "float":
            return schema | {"minimum": parameter.low, "maximum": parameter.high}
        case "choice":
            return schema | {"enum": list(parameter.choices)}
        case "text":
            return schema | {"maxLength": _LONGEST}
    return schema


def _named(names: Sequence[str]) -> Json:
    """What an operation says whose path ends with one of these names."""
    schema = {"type": "string", "enum": list(names)}
    return {"parameters": [{"name": "name", "in": "path", "required": True, "schema": schema}]}


def _takes() -> Json:
    which = {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    file = {"description": "the file", "content": {"audio/midi": {}}}
    download = _operation("take", "a take as a .mid file", {"type": "object"})
    download["responses"]["200"] = file
    form = {"name": "ending", "in": "path", "required": True, "schema": {"type": "string", "enum": list(FORMS)}}
    otherwise = _operation("export", "a take as sheet music, a picture or sound; one at a time", {"type": "object"})
    otherwise["responses"]["200"] = {"description": "the file", "content": {kind: {} for kind in FORMS.values()}}
    return {
        "/api/takes/{name}/as/{ending}": {"get": otherwise | {"parameters": [which, form]}},
        "/api/takes": {"get": _operation("takes", "the takes that are kept, the newest first", _LISTED)},
        "/api/takes/{name}": {
            "get": download | {"parameters": [which]},
            "delete": _operation("delete", "throw a take away", _LISTED) | {"parameters": [which]},
        },
        "/api/takes/{name}/messages": {
            "get": _operation("messages", "a take as messages: seconds, bytes, whose", {"type": "object"})
            | {"parameters": [which]}
        },
    }


def _operation(name: str, summary: str, gives: Json) -> Json:
    refusal = {"description": "refused", "content": {"application/json": {"schema": _reference("Refusal")}}}
    good = {"description": "done", "content": {"application/json": {"schema": gives}}}
    answers = {"200": good, **{str(status): refusal for status in (400, 404, 405, 409, 413, 415, 422, 429, 503)}}
    return {"operationId": name, "summary": summary, "responses": answers}


def _reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _array() -> Json:
    return {"type": "array", "items": _reference("Declaration")}


_REFUSAL: Final[Json] = {"type": "object", "properties": {"refused": {"type": "string"}}, "required": ["refused"]}
_STATE: Final[Json] = {
    "type": "object",
    "properties": {
        "values": {"type": "object"},
        "ports": {"type": "object"},
        "model": {"type": ["string", "null"]},
        "waiting": {"type": ["string", "null"]},
        "scene": {"type": "string"},
    },
    "required": ["values"],
}
_MODELS: Final[Json] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "data": {"type": "array", "items": {"type": "string"}},
            "licence": {"type": "string"},
        },
        "required": ["name", "data", "licence"],
    },
}
_LISTED: Final[Json] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "bytes": {"type": "integer"}},
        "required": ["name", "bytes"],
    },
}
_DECLARED: Final[Json] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "type": {"enum": list(_TYPES)},
        "default": {},
        "unit": {"type": "string"},
        "help": {"type": "string"},
    },
    "required": ["name", "type", "default", "unit", "help"],
}
