"""Work and bytes that give nothing."""
