"""The engine layer: reads what Pulumi's dynamic host hands over, renders what the domain answers.

All of the engine's peculiarities are met here: numbers that arrive as floats, unknown values at
preview, outputs that an update replaces whole, and errors that only check can show cleanly.
"""
