"""The tables of the tenant's file, in SQL that a file of an earlier release bears too."""

SCHEMA = """
-- Who made a client and when it changed are columns of the portal's list, not of the API.
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
CREATE VIEW IF NOT EXISTS portal_clients AS
    SELECT *, (SELECT max(expires_at) FROM secrets WHERE client_id = api_clients.id) AS expires_at
    FROM api_clients;
CREATE TABLE IF NOT EXISTS draws (number INTEGER NOT NULL);
INSERT INTO draws SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM draws);
"""

FORGET_EVERYTHING = """
DELETE FROM tokens;
DELETE FROM secrets;
DELETE FROM api_clients;
UPDATE draws SET number = 0;
"""
