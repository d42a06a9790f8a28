"""The doctor: looks at everything that Antiphon needs, and says of each whether it is well and what to do."""
