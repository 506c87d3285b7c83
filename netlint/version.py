"""netlint's version, and where its pages are published."""

__version__ = "0.1.0"

#: The address before a rule's page (`rules/<family>/<rule>.md`), with its last slash. Empty while they are published
#: nowhere: reports name them by their place in the project then.
PAGES = ""
