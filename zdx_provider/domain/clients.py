"""The API clients that keys are: one list for all threads, and each change written through it."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from zdx_provider.domain.key import KeySpec, attributes_of
from zdx_provider.domain.listing import Listing
from zdx_provider.domain.mark import Mark, mark_in, marked_description
from zdx_provider.domain.roles import OfferedRoles, Role, find_role, service_id
from zdx_provider.domain.scopes import granting, scopes_of_services
from zdx_provider.domain.secrets import secrets_of_client
from zdx_provider.zidentity import (
    AnswerLost,
    ApiClient,
    ApiClientDraft,
    ApiClientSecret,
    NotFound,
    UnreadableAnswer,
    ZIdentity,
    ZIdentityError,
)

Client = TypeVar("Client", bound=ApiClientDraft)
ListedClients = dict[str, ApiClient]

_CREATES_AT_ONCE = 4  # the threads of Pulumi's dynamic host
# Seconds before a tenant's list is read again that lags behind this process's own requests.
_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)


class Clients:
    """A tenant's API clients, as keys are declared, found and written in them.

    Args:
        zidentity: The tenant.
        roles: The ZDX roles that it offers.
        monotonic: Seconds of a clock that never jumps.
        sleep: Waits that many seconds.
    """

    def __init__(
        self,
        zidentity: ZIdentity,
        roles: OfferedRoles,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._zidentity = zidentity
        self._roles = roles
        self._sleep = sleep
        self._listing = Listing(zidentity.api_clients.list, monotonic)
        self._background = ThreadPoolExecutor(_CREATES_AT_ONCE, "list API clients")

    def find(self, key_id: str) -> ApiClient | None:
        """A client with its description, from the list where that has it; None when it is gone."""
        client = self._listing.find(key_id)
        # Not listed may mean not listed yet, and some tenants list clients without their
        # descriptions; only the client itself settles either.
        if client is None or "description" not in client.model_fields_set:
            return self.find_now(key_id)
        return client

    def find_now(self, key_id: str) -> ApiClient | None:
        """A client as it is now; None when it is gone.

        Gone means that its GET says so *and* that a list which is asked for afterwards doesn't
        have it: one wrong answer must not make a state forget the only copy of a secret.

        Raises:
            UnreadableAnswer: The tenant lists it and says that it is not there.
        """
        client = self._zidentity.api_clients.find(key_id)
        if client is None and key_id in self._listing.read_now():
            raise UnreadableAnswer(
                "the tenant lists it, and answers that it does not exist",
                operation=f"read the API client {key_id}",
                hint="Nothing was changed. Run the same again; if this persists, ask Zscaler.",
            )
        return client

    def list_secrets(self, client: ApiClient) -> tuple[ApiClientSecret, ...] | None:
        """A client's secrets, oldest first; None when the client is gone.

        Raises:
            NotFound: The tenant has the client, and says that it has not.
        """
        try:
            return secrets_of_client(self._zidentity, client)
        except NotFound:
            if self.find_now(client.id) is not None:
                raise
            return None

    def find_by_name(self, name: str) -> list[ApiClient]:
        """The clients of exactly that name, each confirmed by a look at itself."""
        found = (self._confirmed(listed.id) for listed in self._listing.named(name))
        return [client for client in found if client is not None and client.name == name]

    def is_own(self, key_id: str) -> bool:
        """Whether this process has created or changed a client; it may not be shown yet."""
        return self._listing.own(key_id) is not None

    def start_list(self) -> Future[ListedClients]:
        """Ask for a list now, beside what the calling thread does next."""
        return self._background.submit(self._listing.read_now)

    def find_namesakes(
        self, key_id: str, name: str, listed: ListedClients | None = None
    ) -> Sequence[ApiClient]:
        """Every other client of a name, whoever created it.

        A list that lacks the client itself lags behind, and one may go on showing a client that
        was deleted; either is read again, for a few seconds at most.

        Args:
            key_id: The client that has the name rightly.
            name: The name.
            listed: A list that was asked for after the client had the name; None: ask for one.
        """
        pauses = iter(_PAUSES)
        while True:
            listed = self._listing.read_now() if listed is None else listed
            others = [c for c in listed.values() if c.name == name and c.id != key_id]
            looks = [(other, self._zidentity.api_clients.find(other.id)) for other in others]
            namesakes = [client for _, client in looks if client and client.name == name]
            if namesakes:
                return namesakes
            deleted = [other for other, client in looks if client is None]
            own = listed.get(key_id)
            is_current = own is not None and own.name == name and not deleted
            pause = None if is_current else next(pauses, None)
            if pause is None:
                return deleted
            self._sleep(pause)
            listed = None

    def find_taker(self, key_id: str, mark: Mark, secret_id: str) -> str | None:
        """Who has a key that this run has just taken over, if it is another one.

        Args:
            key_id: The key.
            mark: The mark that this run has written.
            secret_id: The secret that this run has created; it may not be shown yet.

        Returns:
            The other owner; None where the key is this run's.
        """
        pauses = iter(_PAUSES)
        while True:
            client = self._zidentity.api_clients.get(key_id)
            found = mark_in(client.description)
            if found != mark:
                return found.who if found else "somebody who wiped its mark"
            if any(secret.id == secret_id for secret in self.list_secrets(client) or ()):
                return None
            pause = next(pauses, None)
            if pause is None:
                return "a run that replaced its secret"
            self._sleep(pause)

    def post(self, spec: KeySpec, mark: Mark) -> ApiClient:
        """Create a client as declared; one whose response is lost is looked for by its mark.

        Raises:
            ZIdentityError: None was created; or AnswerLost: one may have been, or may yet be.
        """
        granted = granting((), self._role(spec.role_id))
        blank = ApiClientDraft(name=spec.name, client_resources=granted)
        try:
            return self._create(_declared(blank, spec, mark), mark)
        except AnswerLost as lost:
            created = self._find_lost(mark, spec.name, lost)
            if created is None:
                raise
            return created

    def _create(self, draft: ApiClientDraft, mark: Mark) -> ApiClient:
        client = self._zidentity.api_clients.create(draft)
        if "description" in client.model_fields_set:
            return client
        # Nothing in the answer tells the new client from another one of its name.
        shown = self._zidentity.api_clients.find(client.id)
        if shown is not None and mark_in(shown.description) != mark:
            raise AnswerLost(
                "the answer is about another object than the request",
                operation=f'create the API client "{draft.name}"',
            )
        return client

    def bring(self, client: ApiClient, spec: KeySpec, mark: Mark) -> None:
        """Write a client as declared, keeping what is not ours; nothing if it is so already."""
        service = service_id(spec.role_id)
        held = {scope.id for scope in scopes_of_services(client, {service})}
        declared = _declared(client, spec, mark)
        if held != {spec.role_id}:
            granted = granting(client.client_resources, self._role(spec.role_id))
            declared = declared.model_copy(update={"client_resources": granted})
        if declared != client:
            self.replace(declared)

    def replace(self, client: ApiClient) -> None:
        """Write a client as a whole."""
        self.record(self._zidentity.api_clients.replace(client))

    def remove(self, key_id: str) -> None:
        """Delete a client; one that is gone already is no failure."""
        try:
            self._zidentity.api_clients.delete(key_id)
        except NotFound:
            if self.find_now(key_id) is not None:
                raise
        self._listing.forget(key_id)

    def record(self, client: ApiClient) -> None:
        """Remember a client that this process has just created or changed."""
        self._listing.record(client)

    def _confirmed(self, key_id: str) -> ApiClient | None:
        """A client as it is now, or as this process made it where it is not shown yet."""
        return self._zidentity.api_clients.find(key_id) or self._listing.own(key_id)

    def _find_lost(self, mark: Mark, name: str, lost: AnswerLost) -> ApiClient | None:
        """The client of that mark, though the response that told its ID was lost."""
        try:
            for listed in self._zidentity.api_clients.list(name_like=name):
                # Some tenants list clients without their descriptions.
                client = self._zidentity.api_clients.find(listed.id)
                if client is not None and mark_in(client.description) == mark:
                    return client
        except ZIdentityError as error:
            raise AnswerLost(
                f"{lost.problem}; and looking for it failed too: {error.problem}",
                operation=lost.operation,
                status=lost.status,
                request_id=lost.request_id,
            ) from None
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
