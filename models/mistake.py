"""What is wrong with the models, for those who change them."""


class ModelMistake(ValueError):
    """Nothing can be made of the models; the message says why, and what to do."""
