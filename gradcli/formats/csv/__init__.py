"""CSV, text tables and matrices."""
