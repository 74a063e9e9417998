"""Work that leaves the process, kept as rows until the worker has done it."""
