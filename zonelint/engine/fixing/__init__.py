"""Mending zone files: what may be edited, how, and how the file is written."""
