"""Heads and losses that do not fit."""
