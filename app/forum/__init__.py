"""The community: questions, answers, comments, votes, and the bridge to the knowledge base."""
