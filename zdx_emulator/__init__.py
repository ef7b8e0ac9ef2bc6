"""A stand-in Zscaler tenant: sign-in, API clients, roles and a little ZDX data.

Start it with `python -m zdx_emulator`; tests use `zdx_emulator.testing`.
"""
