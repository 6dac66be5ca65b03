"""What is looked at before a questionnaire is published: problems, warnings, wording."""
