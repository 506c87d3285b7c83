"""Windows, strides and padding."""
