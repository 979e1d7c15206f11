"""JSON and YAML that people write: a tree that knows where each part stands, and what its parts mean."""
