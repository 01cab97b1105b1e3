"""Do what a plan says: blocks read, differentiated, packed and placed."""
