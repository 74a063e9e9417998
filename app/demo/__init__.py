"""The demo content: what a newcomer finds on the first start."""
