"""What Antiphon costs and how punctual it is, measured on the machine it is to play on. Never part of a performance."""
