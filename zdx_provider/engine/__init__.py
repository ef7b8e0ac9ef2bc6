"""Connects Pulumi's dynamic provider protocol to `keys`.

The engine's peculiarities are handled here: unknown values at preview, outputs that an update
replaces as a whole, and errors that only check can show cleanly.
"""
