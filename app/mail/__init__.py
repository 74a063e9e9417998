"""Letters to people: written in a deed's transaction, sent by the worker."""
