"""The page "API Key Management": what a person sees of the tenant, and changes by hand."""
