"""Bringing guides and threads from elsewhere: JSON lines and Stack Exchange dumps."""
