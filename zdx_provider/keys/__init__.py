"""What a ZDX key is, and what can be decided about it.

This layer imports neither Pulumi nor gRPC. Its messages may name Pulumi and `zdx-keys` commands,
because the reader is a Pulumi user.
"""
