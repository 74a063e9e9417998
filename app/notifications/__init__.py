"""Who should hear of what."""
