"""Errors of the tenant, and their responses."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException


class Problem(BaseModel):
    """The error body. No schema is published; clients must tolerate several."""

    code: str
    message: str


class ApiError(Exception):
    """A refusal by the admin or the ZDX API.

    Args:
        status: The HTTP status.
        code: What went wrong, for programs.
        message: What went wrong, for people.
    """

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.problem = Problem(code=code, message=message)


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


class ConflictError(ApiError):
    """A request contradicts what exists.

    Args:
        message: What exists.
    """

    def __init__(self, message: str) -> None:
        super().__init__(HTTPStatus.CONFLICT, "conflict", message)


class NotFoundError(ApiError):
    """Something doesn't exist; the code is the one that the vendor's SDK knows.

    Args:
        what: What doesn't exist.
    """

    def __init__(self, what: str) -> None:
        super().__init__(HTTPStatus.NOT_FOUND, "resource.not.found", f"{what} not found")


def render_problem(status: HTTPStatus, problem: Problem) -> JSONResponse:
    """Render a refusal."""
    headers = {"WWW-Authenticate": "Bearer"} if status is HTTPStatus.UNAUTHORIZED else None
    return JSONResponse(problem.model_dump(), status, headers)


async def _render_api_error(_: Request, error: ApiError) -> JSONResponse:
    return render_problem(error.status, error.problem)


async def _render_token_error(_: Request, error: TokenError) -> JSONResponse:
    body = {"error": error.error, "error_description": error.description}
    return JSONResponse(body, HTTPStatus.BAD_REQUEST, {"Cache-Control": "no-store"})


async def _render_invalid_input(request: Request, error: RequestValidationError) -> JSONResponse:
    # The rejected input may hold a key: only the member's name is shown, as the vendor does.
    place = error.errors()[0]["loc"][1:]
    member = next((part for part in place if isinstance(part, str)), "request body")
    return await _render_api_error(request, BadRequestError(f"Invalid Input for {member}"))


async def _render_http_error(_: Request, error: HTTPException) -> JSONResponse:
    status = HTTPStatus(error.status_code)
    code = status.phrase.lower().replace(" ", ".")
    return render_problem(status, Problem(code=code, message=status.phrase))


def render_errors(app: FastAPI) -> None:
    """Let the app respond to every error in the tenant's own format."""
    app.exception_handler(ApiError)(_render_api_error)
    app.exception_handler(TokenError)(_render_token_error)
    app.exception_handler(RequestValidationError)(_render_invalid_input)
    app.exception_handler(HTTPException)(_render_http_error)
