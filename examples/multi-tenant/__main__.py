"""The same key in each of two tenants."""

import pulumi

from zdx_provider import ApiKey

for tenant in ("emea", "apac"):
    key = ApiKey(f"reports-{tenant}", name="reports", role="ZDX Read-only Admin", tenant=tenant)
    pulumi.export(f"{tenant}.vanity_domain", key.vanity_domain)
    pulumi.export(f"{tenant}.key_id", key.key_id)
    pulumi.export(f"{tenant}.key_secret", key.key_secret)
