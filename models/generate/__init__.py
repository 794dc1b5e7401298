"""What is made from the models: each module writes one kind of file, and returns texts under their paths."""
