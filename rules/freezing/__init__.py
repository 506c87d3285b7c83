"""Parameters that do not train, or should not."""
