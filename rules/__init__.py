"""netlint's own rule pack: `<family>/<rule>.py` and its page `<rule>.md`."""
