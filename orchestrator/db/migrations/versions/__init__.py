"""One module for each version. What was released is never changed."""
