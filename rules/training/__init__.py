"""The set-up of the training: optimiser, schedule, data."""
