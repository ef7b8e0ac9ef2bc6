"""The API clients that keys are: one list for all threads, and each change written through it."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from zdx_provider.domain.key import KeySpec, attributes_of
from zdx_provider.domain.listing import Listing
from zdx_provider.domain.mark import Mark, mark_in, marked_description
from zdx_provider.domain.roles import OfferedRoles, Role, find_role, service_id
from zdx_provider.domain.scopes import granting, scopes_of_services
from zdx_provider.zidentity import (
    AnswerLost,
    ApiClient,
    ApiClientDraft,
    NotFound,
    ZIdentity,
)

Client = TypeVar("Client", bound=ApiClientDraft)


class Clients:
    """A tenant's API clients, as keys are declared, found and written in them.

    Args:
        zidentity: The tenant.
        roles: The ZDX roles that it offers.
        monotonic: Seconds of a clock that never jumps.
    """

    def __init__(
        self, zidentity: ZIdentity, roles: OfferedRoles, monotonic: Callable[[], float]
    ) -> None:
        self._zidentity = zidentity
        self._roles = roles
        self._listing = Listing(zidentity.api_clients.list, monotonic)

    def find(self, key_id: str) -> ApiClient | None:
        """A client with its description, from the list where that has it; None when it is gone."""
        client = self._listing.find(key_id)
        # Not listed may mean not listed yet, and some tenants list clients without their
        # descriptions; only the client itself settles either.
        if client is None or "description" not in client.model_fields_set:
            return self.get(key_id)
        return client

    def get(self, key_id: str) -> ApiClient | None:
        """A client as it is now; None when it is gone."""
        return self._zidentity.api_clients.find(key_id)

    def named(self, name: str) -> list[ApiClient]:
        """The clients of exactly that name, each confirmed by a look at itself."""
        found = (self._confirmed(listed.id) for listed in self._listing.named(name))
        return [client for client in found if client is not None and client.name == name]

    def post(self, spec: KeySpec, mark: Mark) -> ApiClient:
        """Make a client as declared; one whose answer is lost is looked for by its mark.

        Raises:
            ZIdentityError: None was made; or AnswerLost: one may have been.
        """
        granted = granting((), self._role(spec.role_id))
        blank = ApiClientDraft(name=spec.name, client_resources=granted)
        try:
            return self._zidentity.api_clients.create(_declared(blank, spec, mark))
        except AnswerLost:
            made = self._made_with(mark, spec.name)
            if made is None:
                raise
            return made

    def bring(self, client: ApiClient, spec: KeySpec, mark: Mark) -> None:
        """Write a client as declared, keeping what is not ours; nothing if it is so already."""
        service = service_id(spec.role_id)
        held = {scope.id for scope in scopes_of_services(client, {service})}
        declared = _declared(client, spec, mark)
        if held != {spec.role_id}:
            granted = granting(client.client_resources, self._role(spec.role_id))
            declared = declared.model_copy(update={"client_resources": granted})
        if declared != client:
            self.record(self._zidentity.api_clients.replace(declared))

    def remove(self, key_id: str) -> None:
        """Delete a client; one that is gone already is no failure."""
        with suppress(NotFound):
            self._zidentity.api_clients.delete(key_id)
        self._listing.forget(key_id)

    def record(self, client: ApiClient) -> None:
        """Remember a client that this process has just made or changed."""
        self._listing.record(client)

    def _confirmed(self, key_id: str) -> ApiClient | None:
        """A client as it is now, or as this process made it where it is not shown yet."""
        return self.get(key_id) or self._listing.own(key_id)

    def _made_with(self, mark: Mark, name: str) -> ApiClient | None:
        """The client of that mark, though the answer that told its id was lost."""
        for listed in self._zidentity.api_clients.list(name_like=name):
            # Some tenants list clients without their descriptions.
            client = self.get(listed.id)
            if client is not None and mark_in(client.description) == mark:
                return client
        return None

    def _role(self, role_id: str) -> Role:
        return find_role(role_id, self._roles.known())


def _declared(client: Client, spec: KeySpec, mark: Mark) -> Client:
    return client.model_copy(
        update={
            **attributes_of(spec),
            "description": marked_description(spec.description, mark),
        }
    )
