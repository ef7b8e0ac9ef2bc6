"""Errors of the tenant, and their responses."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import Scope

from zdx_emulator.models import Switches

_NO_TYPE = "about:blank"  # a problem that has no page of its own (RFC 7807, 4.2)


class ApiError(Exception):
    """A refusal by the admin or the ZDX API.

    Args:
        status: The HTTP status.
        code: What went wrong, for programs; only the older error body has it.
        message: What went wrong, for people.
    """

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class TokenError(Exception):
    """A refusal by the token endpoint: always 400, with an OAuth error body (RFC 6749, 5.2).

    Args:
        error: The OAuth error code.
        description: What went wrong, for people.
    """

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class BadRequestError(ApiError):
    """A request breaks a rule.

    Args:
        message: Which one.
    """

    def __init__(self, message: str) -> None:
        super().__init__(HTTPStatus.BAD_REQUEST, "invalid.input", message)


class NotFoundError(ApiError):
    """Something doesn't exist; the code is the one that the vendor's SDK knows.

    Args:
        what: What doesn't exist.
    """

    def __init__(self, what: str) -> None:
        super().__init__(HTTPStatus.NOT_FOUND, "resource.not.found", f"{what} not found")


def render_error(scope: Scope, error: ApiError) -> JSONResponse:
    """Render a refusal, with the error body that the tenant's switches choose."""
    switches: Switches = scope["app"].state.tenant.switches
    headers = {"WWW-Authenticate": "Bearer"} if error.status is HTTPStatus.UNAUTHORIZED else None
    return JSONResponse(_build_body(error, switches.error_bodies), error.status, headers)


def _build_body(error: ApiError, error_bodies: str) -> dict[str, Any]:
    if error_bodies == "code-and-message":
        return {"code": error.code, "message": error.message}
    status = error.status.value
    return {
        "type": _NO_TYPE,
        "title": error.status.phrase,
        "status": str(status) if error_bodies == "text-status" else status,
        "detail": error.message,
    }


async def _render_api_error(request: Request, error: ApiError) -> JSONResponse:
    return render_error(request.scope, error)


async def _render_token_error(_: Request, error: TokenError) -> JSONResponse:
    body = {"error": error.error, "error_description": error.description}
    return JSONResponse(body, HTTPStatus.BAD_REQUEST, {"Cache-Control": "no-store"})


async def _render_invalid_input(request: Request, error: RequestValidationError) -> JSONResponse:
    # The rejected input may hold a key: only the member's name is shown, as the vendor does.
    place = error.errors()[0]["loc"][1:]
    member = next((part for part in place if isinstance(part, str)), "request body")
    return await _render_api_error(request, BadRequestError(f"Invalid Input for {member}"))


async def _render_http_error(request: Request, error: HTTPException) -> JSONResponse:
    status = HTTPStatus(error.status_code)
    code = status.phrase.lower().replace(" ", ".")
    return render_error(request.scope, ApiError(status, code, status.phrase))


def render_errors(app: FastAPI) -> None:
    """Let the app respond to every error in the tenant's own format."""
    app.exception_handler(ApiError)(_render_api_error)
    app.exception_handler(TokenError)(_render_token_error)
    app.exception_handler(RequestValidationError)(_render_invalid_input)
    app.exception_handler(HTTPException)(_render_http_error)
