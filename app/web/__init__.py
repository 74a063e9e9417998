"""The shell round the features: sessions, protection, drawing, errors, and pages that belong to no feature."""
