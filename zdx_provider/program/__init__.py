"""The program layer: what a person writes, and what it answers; cheap to import."""
