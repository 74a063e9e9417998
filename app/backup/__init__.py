"""Backups: a copy of all that is true, proven whole when it is made and again before it is put back."""
