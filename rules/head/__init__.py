"""Heads and the classes that they should tell apart."""
