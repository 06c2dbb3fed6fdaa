"""False promotions and power of the whole chain, features to gate, on markets whose truth is known."""
