"""Whole saved modules (`torch.save(module)`): the tree of modules with their settings, as far as the pickle says."""
