"""The tenant's data in one SQLite file.

A write is committed before its response is sent, so a killed server loses nothing that it
confirmed. Secrets and tokens are stored as digests only. The connection belongs to the thread that
created the store, the event loop's; SQLite refuses any other.
"""

import hashlib
import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zdx_emulator.models import ApiClient

SCHEMA = """
-- Who created a client and when it changed are columns of the portal's list, not of the API.
CREATE TABLE IF NOT EXISTS api_clients (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS clients_by_name ON api_clients (name);
CREATE INDEX IF NOT EXISTS clients_by_client_id
    ON api_clients (ifnull(json_extract(document, '$.clientId'), id));
CREATE TABLE IF NOT EXISTS secrets (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    client_id TEXT NOT NULL REFERENCES api_clients (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS secrets_of_client ON secrets (client_id);
CREATE TABLE IF NOT EXISTS tokens (
    digest TEXT PRIMARY KEY,
    client_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS tokens_by_expiry ON tokens (expires_at);
CREATE INDEX IF NOT EXISTS tokens_of_client ON tokens (client_id);
-- Assertions that got a token: none gets a second one.
CREATE TABLE IF NOT EXISTS used_assertions (
    digest TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL
);
-- Deleted clients whose tokens work until they expire, where a switch says so.
CREATE TABLE IF NOT EXISTS deleted_clients (
    id TEXT PRIMARY KEY,
    document TEXT NOT NULL
);
CREATE VIEW IF NOT EXISTS portal_clients AS
    SELECT *, (SELECT max(expires_at) FROM secrets WHERE client_id = api_clients.id) AS expires_at
    FROM api_clients;
CREATE TABLE IF NOT EXISTS draws (number INTEGER NOT NULL);
INSERT INTO draws SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM draws);
"""

DELETE_EVERYTHING = """
DELETE FROM tokens;
DELETE FROM used_assertions;
DELETE FROM deleted_clients;
DELETE FROM secrets;
DELETE FROM api_clients;
UPDATE draws SET number = 0;
"""


@dataclass(frozen=True)
class StoredSecret:
    """A stored secret; times in epoch seconds."""

    id: str
    created_at: int
    expires_at: int


@dataclass(frozen=True)
class StoredToken:
    """A stored token; `expires_at` in epoch seconds."""

    client_id: str
    expires_at: int


@dataclass(frozen=True)
class ClientSlice:
    """A slice of the clients, and how many there are in all."""

    total: int
    clients: list[ApiClient]


@dataclass(frozen=True)
class PortalClient:
    """A client with what only the portal's list shows of it; times in epoch seconds.

    Attributes:
        expires_at: When the last of its secrets expires; None if it has none.
    """

    client: ApiClient
    created_by: str
    created_at: int
    updated_at: int
    expires_at: int | None


@dataclass(frozen=True)
class PortalSlice:
    """A slice of the clients as the portal lists them, and how many there are in all."""

    total: int
    clients: list[PortalClient]


def _compute_digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


class Store:
    """Reads and writes the tenant's file.

    Args:
        path: The SQLite file; created if it doesn't exist.
    """

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Release the file."""
        self._db.close()

    def delete_everything(self) -> None:
        """Delete everything; seeded draws start again."""
        self._db.executescript(f"BEGIN; {DELETE_EVERYTHING} COMMIT;")

    def count_draw(self) -> int:
        """Return 1, 2, 3, ... until everything is deleted."""
        with self._db:
            self._db.execute("UPDATE draws SET number = number + 1")
            (number,) = self._db.execute("SELECT number FROM draws").fetchone()
        return int(number)

    def add_client(self, client: ApiClient, *, created_by: str, now: int) -> None:
        """Add a new client; `now` in epoch seconds."""
        with self._db:
            self._db.execute(
                "INSERT INTO api_clients (id, name, document, created_by, created_at, updated_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (client.id, client.name, _to_document(client), created_by, now, now),
            )

    def count_clients(self) -> int:
        """Return how many clients there are."""
        (count,) = self._db.execute("SELECT count(*) FROM api_clients").fetchone()
        return int(count)

    def find_client(self, client_id: str) -> ApiClient | None:
        """Return the client of that id."""
        row = self._db.execute(
            "SELECT document FROM api_clients WHERE id = ?", (client_id,)
        ).fetchone()
        return ApiClient.model_validate_json(row[0]) if row else None

    def list_clients(
        self, name_part: str, *, offset: int, limit: int, without: Collection[str] = ()
    ) -> ClientSlice:
        """Return clients whose name contains `name_part`, whatever its case, oldest first.

        Args:
            name_part: What the name contains.
            offset: How many clients to skip at first.
            limit: How many to return.
            without: The ids of clients to pass over.
        """
        source = (
            "FROM api_clients WHERE instr(lower(name), :name_part)"
            " AND id NOT IN (SELECT value FROM json_each(:without))"
        )
        values = {
            "name_part": name_part.lower(),
            "without": json.dumps(list(without)),
            "limit": limit,
            "offset": offset,
        }
        (total,) = self._db.execute(f"SELECT count(*) {source}", values).fetchone()
        rows = self._db.execute(
            f"SELECT document {source} ORDER BY position LIMIT :limit OFFSET :offset", values
        )
        return ClientSlice(total, [ApiClient.model_validate_json(document) for (document,) in rows])

    def find_client_by_client_id(self, client_id: str) -> ApiClient | None:
        """Return the client that a token request names: by its `clientId`, else its `id`."""
        row = self._db.execute(
            "SELECT document FROM api_clients"
            " WHERE ifnull(json_extract(document, '$.clientId'), id) = ?",
            (client_id,),
        ).fetchone()
        return ApiClient.model_validate_json(row[0]) if row else None

    def is_name_taken(self, name: str, *, other_than: str | None = None) -> bool:
        """Return whether a client, other than the one of that id, has exactly that name."""
        row = self._db.execute(
            "SELECT 1 FROM api_clients WHERE name = ? AND id IS NOT ?", (name, other_than)
        ).fetchone()
        return row is not None

    def list_portal_clients(self, search: str, *, offset: int, limit: int) -> PortalSlice:
        """Return clients whose name or id contains `search`, in any case, newest first."""
        source = "FROM portal_clients WHERE instr(lower(name), :search) OR instr(id, :search)"
        values = {"search": search.lower(), "limit": limit, "offset": offset}
        (total,) = self._db.execute(f"SELECT count(*) {source}", values).fetchone()
        rows = self._db.execute(
            f"SELECT document, created_by, created_at, updated_at, expires_at {source}"
            " ORDER BY position DESC LIMIT :limit OFFSET :offset",
            values,
        )
        return PortalSlice(total, [_to_portal_client(row) for row in rows])

    def find_portal_client(self, client_id: str) -> PortalClient | None:
        """Return the client of that id as the portal shows it."""
        row = self._db.execute(
            "SELECT document, created_by, created_at, updated_at, expires_at"
            " FROM portal_clients WHERE id = ?",
            (client_id,),
        ).fetchone()
        return _to_portal_client(row) if row else None

    def replace_client(self, client: ApiClient, *, now: int) -> bool:
        """Replace the client of that id; False when there is none."""
        with self._db:
            changed = self._db.execute(
                "UPDATE api_clients SET name = ?, document = ?, updated_at = ? WHERE id = ?",
                (client.name, _to_document(client), now, client.id),
            )
        return changed.rowcount == 1

    def delete_client(self, client_id: str, *, with_tokens: bool) -> bool:
        """Delete a client with its secrets; False when there is none.

        Args:
            client_id: The client.
            with_tokens: Whether its tokens are deleted too; else `find_deleted_client` returns it.
        """
        with self._db:
            self._db.execute(
                "DELETE FROM tokens WHERE client_id = ?"
                if with_tokens
                else "INSERT INTO deleted_clients"
                " SELECT id, document FROM api_clients WHERE id = ?",
                (client_id,),
            )
            removed = self._db.execute("DELETE FROM api_clients WHERE id = ?", (client_id,))
        return removed.rowcount == 1

    def find_deleted_client(self, client_id: str) -> ApiClient | None:
        """Return the client of that ID that was deleted without its tokens."""
        row = self._db.execute(
            "SELECT document FROM deleted_clients WHERE id = ?", (client_id,)
        ).fetchone()
        return ApiClient.model_validate_json(row[0]) if row else None

    def list_secrets(self, client_id: str) -> list[StoredSecret]:
        """Return a client's secrets, oldest first."""
        rows = self._db.execute(
            "SELECT id, created_at, expires_at FROM secrets WHERE client_id = ? ORDER BY position",
            (client_id,),
        )
        return [StoredSecret(*row) for row in rows]

    def add_secret(
        self, client_id: str, secret: StoredSecret, value: str, *, in_place_of: str | None
    ) -> None:
        """Add a secret, and delete the one that it replaces, in one step."""
        with self._db:
            if in_place_of is not None:
                self._db.execute("DELETE FROM secrets WHERE id = ?", (in_place_of,))
            self._db.execute(
                "INSERT INTO secrets (id, client_id, digest, created_at, expires_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (
                    secret.id,
                    client_id,
                    _compute_digest(value),
                    secret.created_at,
                    secret.expires_at,
                ),
            )

    def delete_secret(self, client_id: str, secret_id: str) -> bool:
        """Delete a client's secret; False when it has none of that id."""
        with self._db:
            removed = self._db.execute(
                "DELETE FROM secrets WHERE client_id = ? AND id = ?", (client_id, secret_id)
            )
        return removed.rowcount == 1

    def find_secret(self, client_id: str, value: str) -> StoredSecret | None:
        """Return the client's secret of that value."""
        row = self._db.execute(
            "SELECT id, created_at, expires_at FROM secrets WHERE client_id = ? AND digest = ?",
            (client_id, _compute_digest(value)),
        ).fetchone()
        return StoredSecret(*row) if row else None

    def use_assertion(self, client_id: str, jti: str, *, expires_at: int, now: int) -> bool:
        """Record that a client has used the assertion of that `jti`; times in epoch seconds.

        Returns:
            False when it was used before.
        """
        digest = _compute_digest(f"{client_id} {jti}")
        with self._db:
            self._db.execute("DELETE FROM used_assertions WHERE expires_at <= ?", (now,))
            added = self._db.execute(
                "INSERT OR IGNORE INTO used_assertions (digest, expires_at) VALUES (?, ?)",
                (digest, expires_at),
            )
        return added.rowcount == 1

    def add_token(self, value: str, token: StoredToken, *, now: int) -> None:
        """Add a token, and delete those that are expired at `now` (epoch seconds)."""
        with self._db:
            self._db.execute("DELETE FROM tokens WHERE expires_at <= ?", (now,))
            self._db.execute(
                "INSERT INTO tokens (digest, client_id, expires_at) VALUES (?, ?, ?)",
                (_compute_digest(value), token.client_id, token.expires_at),
            )

    def delete_tokens(self, client_id: str) -> None:
        """Delete all tokens of a client."""
        with self._db:
            self._db.execute("DELETE FROM tokens WHERE client_id = ?", (client_id,))

    def find_token(self, value: str) -> StoredToken | None:
        """Return the token of that value."""
        row = self._db.execute(
            "SELECT client_id, expires_at FROM tokens WHERE digest = ?", (_compute_digest(value),)
        ).fetchone()
        return StoredToken(*row) if row else None


def _to_document(client: ApiClient) -> str:
    return client.model_dump_json(by_alias=True, exclude_none=True)


def _to_portal_client(row: Any) -> PortalClient:
    document, created_by, created_at, updated_at, expires_at = row
    client = ApiClient.model_validate_json(document)
    return PortalClient(client, created_by, created_at, updated_at, expires_at)
