"""The engine: rule packs, facts on demand, running, selecting, suppressing."""
