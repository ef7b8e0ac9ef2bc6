"""The ways in which a machine without the Pulumi CLI gets one.

Runs before the project's dependencies are installed: the standard library, and the Pulumi SDK
where a route says so, are all it may use.
"""
