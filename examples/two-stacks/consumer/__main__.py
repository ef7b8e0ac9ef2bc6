"""Reads the tenant's departments with a key of another stack."""

import pulumi
from zdx import departments

config = pulumi.Config()
producer = pulumi.StackReference(config.require("producer"))


def readable_secret(secret: object) -> str:
    """Return the secret.

    Raises:
        pulumi.RunError: The producer has no secret, or this stack cannot decrypt it. In the second
            case, the engine passes an empty object and reports no error.
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

# The departments aren't secret, although the program read them with a secret.
pulumi.export("departments", pulumi.Output.unsecret(found))
