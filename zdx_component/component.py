"""The component: the resource as its one child."""

import pulumi

import zdx_provider
from zdx_provider import AuthenticationArgsDict, RotationArgsDict
from zdx_provider.api_key import PlainArgsDict, get_output


class Rotation(RotationArgsDict, total=False):
    """What `RotationArgs` takes, under its name in the schema."""


class Authentication(AuthenticationArgsDict, total=False):
    """What `AuthenticationArgs` takes, under its name in the schema."""


class ApiKeyArgs(PlainArgsDict, total=False):
    """What `zdx_provider.ApiKey` takes."""

    rotation: Rotation
    authentication: Authentication


class ApiKey(pulumi.ComponentResource):
    """A `zdx_provider.ApiKey` below a parent that any language can declare, and its outputs.

    Args:
        resource_name: The logical name of the component and of its child.
        args: What the child is given.
        opts: Pulumi's resource options.
    """

    __annotations__ = zdx_provider.ApiKey.__annotations__

    def __init__(
        self, resource_name: str, args: ApiKeyArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("zdx:index:ApiKey", resource_name, None, opts)
        # A key that a Python program declared without the component keeps its id and secret.
        without_parent = pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)
        below = pulumi.ResourceOptions(parent=self, aliases=[without_parent])
        key = zdx_provider.ApiKey(resource_name, **args, opts=below)
        for output in self.__annotations__:
            # Not by getattr, which warns of a missing secret: what is used isn't known here.
            setattr(self, output, get_output(key, output))
        self.register_outputs({})
