"""WHO SAYS SO: statements about digests, the envelopes and keys that sign them, and the log that remembers them."""
