"""The configuration: what may stand in it, where it is read from, and which of several voices has the last word."""
