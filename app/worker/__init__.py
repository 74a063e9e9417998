"""The site as running processes: starting it, and the work that goes on beside the pages."""
