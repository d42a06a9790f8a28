"""Performances that were kept: made of tapes, written as .mid files, listed, shown and played again."""
