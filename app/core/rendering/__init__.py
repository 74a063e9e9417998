"""What turns Markdown into HTML. It runs in a child process, so nothing in here may import Flask."""
