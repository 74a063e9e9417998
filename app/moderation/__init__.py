"""What people report, what waits to be looked at, and what moderators do about it."""
