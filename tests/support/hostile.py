"""What an administrator of a tenant can put into a text, against those who read it."""

TAG = "<{%bogus%}>"  # ends the Pulumi CLI in a Go panic
HOSTILE = f"ci\x1b[2J\x07\x9b2K\u202e\u200b\ufeff{TAG}"


def assert_harmless(shown: str) -> None:
    """A terminal only prints it, line by line; its own colours are for the caller to take out."""
    assert TAG not in shown
    assert [c for c in shown if not c.isprintable() and c != "\n"] == []
