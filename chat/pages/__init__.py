"""The browser's side: shells that are the same for everybody, their headers, and the files they are made of."""
