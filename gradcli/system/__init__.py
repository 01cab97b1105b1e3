"""Files, processes and streams: the standard library and errors alone."""
