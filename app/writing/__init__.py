"""Texts that are being written: kept on the server for their writer until they are sent."""
