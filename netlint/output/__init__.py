"""Formats: a function each, findings in, text out."""
