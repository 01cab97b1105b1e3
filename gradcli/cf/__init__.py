"""What the conventions for climate and forecast files (CF) mean, said once."""
