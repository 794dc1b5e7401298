"""What is made from the models, and from the function's settings.

Each module writes one kind of file, and returns texts under their paths.
"""
