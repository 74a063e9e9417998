"""What is asked, found and missing."""
