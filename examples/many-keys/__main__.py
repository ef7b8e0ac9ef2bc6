"""One key for each entry of `keys.yaml`."""

from pathlib import Path

import pulumi
import yaml

from zdx_provider import ApiKey

ENTRIES = yaml.safe_load(Path(__file__).with_name("keys.yaml").read_text())

# An entry's members are the key's inputs, by their names.
keys = {entry["name"]: ApiKey(entry["name"], **entry) for entry in ENTRIES}

pulumi.export("key_ids", {name: key.key_id for name, key in keys.items()})
pulumi.export("key_secrets", {name: key.key_secret for name, key in keys.items()})
