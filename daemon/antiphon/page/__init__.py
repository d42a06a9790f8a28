"""The page: what a browser sees of the performance. It may be slow and it may die; it never costs a note."""
