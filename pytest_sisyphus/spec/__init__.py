"""What a case file may say: the models that read it, check it and describe it to editors."""
