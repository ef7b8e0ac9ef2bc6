"""What can go wrong between here and ZIdentity.

    ZIdentityError
    ├── UnreachableError           the request never arrived
    │   └── CertificateError       the server's certificate could not be verified
    ├── ResponseLostError          the request may have taken effect: look before sending it again
    ├── InvalidResponseError       the response is not the documented one
    └── StatusError                the response says no, with its status
        ├── BadRequestError        400, 413, and any 4xx without a class of its own
        ├── AuthenticationError    the token endpoint, or a 401 with a fresh token
        ├── PermissionDeniedError  403
        │   └── ReadOnlyError      403 while the tenant is under maintenance
        ├── NotFoundError          404
        ├── ConflictError          409
        ├── RateLimitError         429
        └── ServerError            5xx
            └── UnavailableError   408, 502, 503, 504: may pass by itself

A request that creates something and failed with anything but `ResponseLostError` created
nothing.

No error holds a request, a body or a header: those carry tokens and secrets.
For that reason none is chained to an exception of the HTTP library either.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from zdx_provider.errors import ZdxError


class ZIdentityError(ZdxError):
    """A request to ZIdentity that failed.

    Args:
        problem: What happened, as the end of a sentence that starts with the operation.
        operation: What was being done, such as `create the API client "ci"`.
        status: The HTTP status of the response, if there was one.
        request_id: `x-oneapi-request-id` of the response, which Zscaler's support asks for.
        code: The short code in the response's body, such as `STATE_READONLY`.
        retry_after: How many seconds the server asked to wait.
        hint: The next step, where it differs from the class's own.
    """

    next_step = ""

    def __init__(
        self,
        problem: str,
        *,
        operation: str,
        status: int | None = None,
        request_id: str = "",
        code: str = "",
        retry_after: float | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(problem, hint=hint or self.next_step)
        self.operation = operation
        self.status = status
        self.request_id = request_id
        self.code = code
        self.retry_after = retry_after
        self.attempts = 1
        self.key_name = ""

    def _compose(self) -> str:
        key = f'the key "{self.key_name}": ' if self.key_name else ""
        problem = f"{self.problem}{self._format_facts()}"
        return f"{key}could not {self.operation}: {problem}. {self.hint}".rstrip()

    def _format_facts(self) -> str:
        facts = [
            f"status {self.status}" if self.status else "",
            self.code,
            f"request {self.request_id}" if self.request_id else "",
            f"{self.attempts} attempts" if self.attempts > 1 else "",
        ]
        shown = ", ".join(fact for fact in facts if fact)
        return f" ({shown})" if shown else ""


class UnreachableError(ZIdentityError):
    """The request surely never arrived: no name, no connection, or no way through the proxy."""

    next_step = (
        "Check the network, the proxy, the vanity domain and the cloud (or the URLs that "
        "replace them), and run the command again."
    )


class CertificateError(UnreachableError):
    """The server's certificate could not be verified, so nothing was sent."""

    next_step = (
        "If a proxy inspects TLS, set REQUESTS_CA_BUNDLE to the file with its certificate "
        "authority. Otherwise do not trust this connection."
    )


class ResponseLostError(ZIdentityError):
    """The request left and no usable response came back: it may or may not have happened."""

    next_step = (
        "If this was a change, it may have been made. Run the command again: it checks first."
    )


class InvalidResponseError(ZIdentityError):
    """The response is not the documented one; it may not come from ZIdentity."""

    next_step = "Check that no proxy or login page responds instead of ZIdentity."


class StatusError(ZIdentityError):
    """The response says no."""

    summary = ""


class BadRequestError(StatusError):
    """ZIdentity does not accept what was sent."""

    summary = "ZIdentity refused the request"
    next_step = "Check the declared values. If you contact Zscaler support, include the request ID."


class AuthenticationError(StatusError):
    """ZIdentity does not accept the credentials of this session."""

    summary = "ZIdentity refused a new access token"
    next_step = (
        "Check that the client ID and its secret (or private key) are correct for this vanity "
        "domain and cloud, that the secret has not expired, and that the client is enabled."
    )


class PermissionDeniedError(StatusError):
    """The credentials are good, but not for this."""

    summary = "the credentials don't have this permission"
    next_step = (
        "The provider's API client needs full permission on API Clients and API Resources. A "
        "missing license (SKU), or disabled service provider access, gives the same response."
    )


class ReadOnlyError(PermissionDeniedError):
    """The tenant is read-only while Zscaler maintains it."""

    summary = "the tenant is read-only during maintenance"
    next_step = "Nothing was changed. Run the command again after the maintenance."


class NotFoundError(StatusError):
    """There is nothing of that id."""

    summary = "it does not exist"
    next_step = (
        "It was deleted, or it belongs to another tenant. To see the keys, run zdx-keys list."
    )


class ConflictError(StatusError):
    """The state of the tenant does not allow it."""

    summary = "it conflicts with the state of the tenant"
    next_step = "Someone may have changed the same object. Run pulumi up --refresh."


class RateLimitError(StatusError):
    """More requests than the tenant is allowed."""

    summary = "the rate limit is reached"
    next_step = (
        "Run the command again later, or with fewer parallel requests: pulumi up --parallel 1."
    )


class ServerError(StatusError):
    """ZIdentity failed by its own account."""

    summary = "ZIdentity failed"
    next_step = (
        "Run the command again later. If you contact Zscaler support, include the request ID."
    )


class UnavailableError(ServerError):
    """ZIdentity, or the gateway before it, cannot respond now."""

    summary = "ZIdentity is unavailable"


@contextmanager
def add_key_name(key_name: str) -> Iterator[None]:
    """Name the key in every ZIdentity error that leaves the block.

    Args:
        key_name: The key's name, as declared.
    """
    try:
        yield
    except ZIdentityError as error:
        error.key_name = key_name
        raise
