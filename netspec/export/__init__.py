"""A program as other texts: one file a target."""
