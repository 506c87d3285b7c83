"""What the operators of `aten` are in the vocabulary: a file for each kind of them."""
