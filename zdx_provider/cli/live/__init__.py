"""``zdx-keys verify --live``: what this product takes for true of ZIdentity, tried on a tenant.

The stand-in tenant of the tests behaves as Zscaler publishes. What is not published, or is
published in two ways, is assumed there; here a real tenant has its say.
"""
