"""What a runtime refuses, or runs otherwise than meant."""
