"""What this host reports to the engine."""


class HostError(Exception):
    """The host cannot do what the engine asks; the message is one line for the user."""
