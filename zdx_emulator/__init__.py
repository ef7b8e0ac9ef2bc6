"""A stand-in Zscaler tenant: sign-in, API clients, roles, a little ZDX data, and a page.

Start it with `python -m zdx_emulator`; tests use `zdx_emulator.testing`.
"""
