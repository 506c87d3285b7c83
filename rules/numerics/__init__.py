"""Numbers that overflow, underflow or leave a function's domain."""
