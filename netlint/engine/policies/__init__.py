"""Rules written in YAML: a condition in CEL (the Common Expression Language), a message, and samples.

`read` makes rules of files, `vocabulary` says what an expression can speak of, `cel` is the only room that knows the
library behind it, `view` shows it a network, `run` asks the condition of each node.
"""
