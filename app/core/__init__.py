"""The ground floor: database, events, errors, markup and text. It imports nothing from the rest of the app."""
