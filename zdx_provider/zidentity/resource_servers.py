"""ZIdentity's API resources: which scopes exist, and so which roles.

Source: the service description `zid/v1` in Zscaler's zscaler-oneapi-sdk-python.
"""

from zdx_provider.zidentity.models import ResourceServer
from zdx_provider.zidentity.paging import Page, list_all
from zdx_provider.zidentity.session import Session


class ResourceServers:
    """The API resources of a tenant."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._url = f"{session.base_url}/resource-servers"

    def list(self) -> list[ResourceServer]:
        """List all API resources with the scopes that they offer.

        Raises:
            ZIdentityError: They could not be listed.
        """
        return list_all(self._session, "list API resources", self._url, Page[ResourceServer])
