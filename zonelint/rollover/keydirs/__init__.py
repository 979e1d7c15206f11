"""What a directory of key files says will happen: lives of keys, the DS records that go with them, and their faults."""
