"""What is wrong with the models, or with what else is made from, for those who change it."""


class ModelMistake(ValueError):
    """Nothing can be made; the message says why, and what to do."""
