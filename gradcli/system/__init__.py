"""Files, processes and streams. This room imports only the standard library and errors."""
