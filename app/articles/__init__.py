"""The knowledge base: guides as files, their revisions, drafts and review."""
