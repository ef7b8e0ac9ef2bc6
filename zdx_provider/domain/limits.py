"""What ZIdentity allows an API client ("Adding API Clients", help.zscaler.com)."""

MAX_SECRETS = 2
"""Secrets of one client; a third silently replaces the newest."""

MIN_SECRET_LIFETIME_DAYS = 30
MAX_SECRET_LIFETIME_DAYS = 365

MIN_TOKEN_LIFETIME_SECONDS = 60
MAX_TOKEN_LIFETIME_SECONDS = 86_400

MAX_NAME_LENGTH = 128
"""Characters of a name. Published nowhere: what every tenant is taken to keep."""
