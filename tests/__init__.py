"""The tests: a folder for each room of the package, and here what belongs to no room."""
