"""Dropout and weight decay."""
