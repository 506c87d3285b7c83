"""Formats: a small file each, findings in, text out; `formats` knows them all by name."""
