"""ZDX API keys for every Pulumi language: the component package ``zdx``."""
