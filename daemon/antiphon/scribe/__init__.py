"""The process that keeps takes. It may be slow, and it may die: neither costs a note."""
