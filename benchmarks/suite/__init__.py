"""The suite: instances as files, and what is known of them (make.py, known.json)."""
