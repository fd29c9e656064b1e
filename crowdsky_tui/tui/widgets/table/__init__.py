"""One list with columns, marks, sorting and a filter."""
