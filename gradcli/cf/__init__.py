"""The conventions for climate and forecast files (CF), as far as gradcli follows them."""
