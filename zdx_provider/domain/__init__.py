"""The domain: what a ZDX key is, and what it means to make, take over, change or remove one.

Knows neither Pulumi nor HTTP.
"""
