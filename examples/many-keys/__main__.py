"""One key for each entry of `keys.yaml`."""

from pathlib import Path

import pulumi
import yaml

from zdx_provider import ApiKey

ENTRIES = yaml.safe_load(Path(__file__).with_name("keys.yaml").read_text())

# The members of an entry are inputs of the key.
keys = {entry["name"]: ApiKey(entry["name"], **entry) for entry in ENTRIES}

pulumi.export("key_ids", {name: key.key_id for name, key in keys.items()})
pulumi.export("key_secrets", {name: key.key_secret for name, key in keys.items()})
