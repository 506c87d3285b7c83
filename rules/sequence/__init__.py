"""Attention, embeddings and other parts of sequence models."""
