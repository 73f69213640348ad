"""What a hub keeps: bytes by digest, git objects and refs, and the rows around them."""
