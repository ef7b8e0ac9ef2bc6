"""The success codes on which the service description and the help pages disagree."""

from dataclasses import dataclass
from http import HTTPStatus

from zdx_emulator.tenant import Tenant


@dataclass(frozen=True)
class SuccessCodes:
    """What is answered when all is well."""

    client_made: HTTPStatus
    secret_made: HTTPStatus
    secret_deleted: HTTPStatus


_DESCRIBED = SuccessCodes(HTTPStatus.CREATED, HTTPStatus.ACCEPTED, HTTPStatus.OK)
_OF_HELP_PAGES = SuccessCodes(HTTPStatus.ACCEPTED, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT)


def success_codes(tenant: Tenant) -> SuccessCodes:
    """Returns those that the tenant's switches ask for."""
    return _DESCRIBED if tenant.switches.statuses == "service-description" else _OF_HELP_PAGES
