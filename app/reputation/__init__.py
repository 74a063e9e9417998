"""What good deeds are worth."""
