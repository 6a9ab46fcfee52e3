"""Phoenix Channels, serializer 2.0.0: one file per topic."""
