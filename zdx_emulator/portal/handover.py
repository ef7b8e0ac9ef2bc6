"""New secrets on their way to the one screen that shows them."""

from urllib.parse import quote

from pydantic import BaseModel

from zdx_emulator.models import ApiClientSecret


class UnseenSecrets:
    """Secrets that were made and not shown yet, each to be taken once."""

    def __init__(self) -> None:
        self._secrets: dict[str, ApiClientSecret] = {}

    def keep(self, client_id: str, secret: ApiClientSecret) -> None:
        """Keeps a client's new secret."""
        self._secrets[client_id] = secret

    def take(self, client_id: str) -> ApiClientSecret | None:
        """Gives a client's new secret and forgets it."""
        return self._secrets.pop(client_id, None)


class KeyFile(BaseModel):
    """The file that the portal offers for download."""

    key_id: str
    key_secret: str

    @property
    def url(self) -> str:
        """Returns the file as an address that needs no server, which keeps no secrets."""
        return f"data:application/json,{quote(self.model_dump_json(indent=2))}"
