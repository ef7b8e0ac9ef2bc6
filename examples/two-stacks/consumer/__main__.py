"""Takes a key from another stack and reads the tenant's departments with it."""

import pulumi
from zdx import departments

config = pulumi.Config()
producer = pulumi.StackReference(config.require("producer"))


def readable_secret(secret: object) -> str:
    """The secret, if there is one and this stack could decrypt it.

    Raises:
        pulumi.RunError: There is none, or it could not. The engine does not say so: it hands over
            an empty object.
    """
    if secret is None:
        raise pulumi.RunError("the producer has no key yet: run pulumi up there first")
    if not isinstance(secret, str):
        raise pulumi.RunError(
            "the producer's key_secret cannot be decrypted here: both stacks need the same "
            "passphrase (PULUMI_CONFIG_PASSPHRASE) or secrets provider"
        )
    return secret


secret = producer.get_output("key_secret").apply(readable_secret)
found = pulumi.Output.all(producer.get_output("key_id"), secret).apply(
    lambda key: departments(
        *key, token_url=config.require("tokenUrl"), api_url=config.require("apiUrl")
    )
)

# What was read is no secret, though it was read with one.
pulumi.export("departments", pulumi.Output.unsecret(found))
