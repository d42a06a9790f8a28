"""Music as data: events, keys, the wire, the file and the model's vocabulary. All of it pure."""
