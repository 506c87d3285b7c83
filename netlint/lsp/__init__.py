"""netlint in editors: a language server (`netlint lsp`).

It reads the text that is being typed, asks a process of its own for the findings, and tells them as the Language
Server Protocol wants it. Needs `pygls` (the extra `lsp`).
"""
