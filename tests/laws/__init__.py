"""What holds for gradcli as a whole: the laws, real files, accuracy, old faults."""
