"""The suite. Sentences about what the product promises."""
