"""What stored tensors hold."""
