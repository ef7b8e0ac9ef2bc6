"""Runs Python programs, policy packs and component plugins for Pulumi's engine."""
