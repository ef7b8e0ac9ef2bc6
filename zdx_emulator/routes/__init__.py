"""The tenant's operations, one module an area."""
