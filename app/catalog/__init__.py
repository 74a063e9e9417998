"""The shelf labels that guides and questions share: products and tags."""
