"""What Python source would import, call and touch, by its syntax tree alone."""
