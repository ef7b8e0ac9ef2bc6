"""An emulator of a Zscaler tenant: tokens, API clients, roles, some ZDX data, and a page.

Start it with `python -m zdx_emulator`; tests use `zdx_emulator.testing`.
"""
