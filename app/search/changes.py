"""What the index has yet to learn: rows written in the same transaction as the change they speak of."""
